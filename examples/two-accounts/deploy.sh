#!/bin/sh
echo "Hello, $(cat /arch)!"

import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Finds how to call buildx. The plugin's own file is called directly where Docker's directories hold it: that is the same
 * program without the docker client in front, which saves a process and some 60 ms at each call.
 *
 * @param configDir the directory of Docker's config.json
 * @param extraDirs `cliPluginsExtraDirs` of that file
 * @returns the words to put before buildx's arguments
 * @see https://github.com/docker/cli/blob/master/cli-plugins/manager/manager_unix.go for the directories and their order
 */
export async function findBuildx(configDir: string, extraDirs: readonly string[]): Promise<readonly string[]> {
  if (process.platform === 'win32') return ['docker', 'buildx']
  for (const dir of [...extraDirs, join(configDir, 'cli-plugins'), ...SYSTEM_DIRS]) {
    const path = join(dir, 'docker-buildx')
    if (await isExecutable(path)) return [path]
  }
  return ['docker', 'buildx']
}

const SYSTEM_DIRS = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
]

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

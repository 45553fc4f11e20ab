import { dockerfileFolder } from '../../src/build/dockerfile.ts'

const env = { GITHUB_SERVER_URL: 'https://git.example:3000/sub', GITHUB_REPOSITORY: 'me/app' }

test.each([
  ['.', undefined, '.'],
  ['docker', undefined, 'docker'],
  ['./docker/app/', undefined, 'docker/app'],
  ['.', 'docker/app/Dockerfile.prod', 'docker/app'],
  ['docker', 'Dockerfile', '.'],
  ['/work space/a', undefined, 'a'],
  ['..', undefined, undefined],
  ['/elsewhere', undefined, undefined],
  ['.', '/elsewhere/Dockerfile', undefined],
  ['.', '-', undefined],
  ['.', 'https://a.example/Dockerfile', undefined],
  ['https://git.example:3000/sub/me/app.git#refs/heads/main', undefined, '.'],
  ['https://git.example:3000/sub/me/app.git#main:docker/app', undefined, 'docker/app'],
  ['https://git.example:3000/sub/Me/App', undefined, '.'],
  ['https://git.example:3000/sub/me/app-two.git#main', undefined, undefined],
  ['https://other.example/me/app.git#main:docker', undefined, undefined],
])('context %j and file %j: %j', (context, file, folder) => {
  expect(dockerfileFolder({ context, file }, '/work space', env)).toBe(folder)
})

test('without the names of the repository, no Git context is its own', () => {
  expect(dockerfileFolder({ context: 'https:///', file: undefined }, '/w', {})).toBeUndefined()
})

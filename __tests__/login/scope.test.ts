import { checkScopes, scopeDir } from '../../src/login/scope.ts'

test.each([
  ['ghcr.io', 'team/app', '/b/config/ghcr.io/team/app'],
  ['ghcr.io', 'team/app@push', '/b/config/ghcr.io/team/app@push'],
  ['GHCR.io', '@push', '/b/config/ghcr.io@push'],
  ['docker.io', 'me/app@pull,push', '/b/config/registry-1.docker.io/me/app@pull,push'],
  ['127.0.0.1:5000', 'app', '/b/config/127.0.0.1:5000/app'],
])('the folder of %s and %s', (host, scope, folder) => {
  expect(scopeDir('/b', host, scope)).toBe(folder)
})

test.each(['../../etc', '/app', 'team/../app', 'team//app', 'Team/app', 'a b', 'app@', '', 'app@push@pull', 'repository:app:push'])(
  '%j is no scope',
  (scope) => {
    expect(() => scopeDir('/b', 'ghcr.io', scope)).toThrow(
      new Error(`"${scope}" is no scope; write it as team/app, team/app@push or @push`),
    )
  },
)

test.each([
  ['github.com/docker/buildx v0.31.0 abc', undefined],
  ['github.com/docker/buildx v0.36.1', undefined],
  ['github.com/docker/buildx 1.0.0', undefined],
  ['github.com/docker/buildx 0.29.1+ds1', '0.29.1+ds1'],
  ['github.com/docker/buildx v0.30.9', '0.30.9'],
  ['', 'none whose version is known'],
])('%j', (said, refused) => {
  if (refused === undefined) expect(() => checkScopes(said)).not.toThrow()
  else expect(() => checkScopes(said)).toThrow(`needs buildx 0.31 or newer, and this machine has ${refused}; `)
})

import { redactor } from '../../src/report/redact.ts'

test.each([
  [['PASSWORD=hunter2!'], 'RUN login hunter2! now', 'RUN login *** now'],
  [['GITHUB_TOKEN=ghp_abcd', 'npm_token=ghp_abcd.more'], 'ghp_abcd.more ghp_abcd', '*** ***'],
  [['API_KEY'], 'RUN curl from-the-env', 'RUN curl ***'],
  [['SECRET=first line\n  second line'], 'RUN echo second line', 'RUN echo ***'],
  [['VERSION=1.2.3', 'KEYBOARD=qwerty', 'PUBLIC_KEY=abcdef', 'MONKEY=banana'], '1.2.3 qwerty abcdef banana', '1.2.3 qwerty abcdef banana'],
  [['TOKEN=abc', 'SECRET=', 'AUTH'], 'abc', 'abc'],
  [['TOKEN=a$&b'], 'RUN a$&b', 'RUN ***'],
])('%j: %j becomes %j', (buildArgs, text, expected) => {
  expect(redactor(buildArgs, { API_KEY: 'from-the-env' })(text)).toBe(expected)
})

import { type EcrRegistry, ecrRegistry } from '../../src/login/ecr.ts'

const account = (region: string, ...accounts: string[]): EcrRegistry => ({ kind: 'account', region, accounts })

// The forms that login-action knows, among others.
test.each<[string, Record<string, string>, EcrRegistry | undefined]>([
  ['012345678910.dkr.ecr.eu-west-3.amazonaws.com', {}, account('eu-west-3', '012345678910')],
  ['876820548815.dkr.ecr.cn-north-1.amazonaws.com.cn', {}, account('cn-north-1', '876820548815')],
  ['012345678910.dkr.ecr.eusc-de-east-1.amazonaws.eu', {}, account('eusc-de-east-1', '012345678910')],
  ['012345678910.dkr-ecr.us-east-2.on.aws', {}, account('us-east-2', '012345678910')],
  ['012345678910.dkr.ecr-fips.us-gov-west-1.amazonaws.com', {}, account('us-gov-west-1', '012345678910')],
  [
    '012345678910.dkr.ecr.eu-west-3.amazonaws.com',
    { AWS_ACCOUNT_IDS: '012345678910, 023456789012', AWS_REGION: 'us-east-1' },
    account('eu-west-3', '012345678910', '023456789012'),
  ],
  ['public.ecr.aws', {}, { kind: 'public', region: 'us-east-1' }],
  ['public.ecr.aws', { AWS_DEFAULT_REGION: 'us-west-2' }, { kind: 'public', region: 'us-west-2' }],
  ['ghcr.io', { AWS_REGION: 'us-east-1' }, undefined],
  ['012345678910.dkr.ecr.eu-west-3.amazonaws.com.example.org', {}, undefined],
  ['public.ecr.aws.example.org', {}, undefined],
  ['12.dkr.ecr.eu-west-3.amazonaws.com', {}, undefined],
])('%s with %j', (host, env, expected) => {
  expect(ecrRegistry(host, env)).toEqual(expected)
})

test('any host, where the user says so', () => {
  expect(ecrRegistry('127.0.0.1:5000', { AWS_REGION: 'us-east-1' }, true)).toEqual(account('us-east-1'))
  expect(() => ecrRegistry('127.0.0.1:5000', {}, true)).toThrow('names no region; set the environment variable AWS_REGION')
})

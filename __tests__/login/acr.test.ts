import { acrParameters, acrRegion, parseAcr, signature } from '../../src/login/acr.ts'

// The example of https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism
test('the documented signature', () => {
  const parameters = {
    Version: '2014-05-26',
    Format: 'XML',
    AccessKeyId: 'testid',
    SignatureMethod: 'HMAC-SHA1',
    Timestamp: '2016-02-23T12:46:24Z',
    SignatureVersion: '1.0',
    Action: 'DescribeRegions',
    SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
  }
  expect(signature(parameters, 'testsecret', 'GET')).toBe('OLeaidS1JvxuMvnyHOwuJ+uX5qY=')
})

test('the parameters, with a token of the Security Token Service where there is one', () => {
  const request = { instance: 'cri-1', region: 'cn-shanghai', accessKey: 'id', secret: 'hunter2', securityToken: '', endpoint: '' }
  const parameters = acrParameters(request, new Date('2026-11-21T07:00:00.123Z'), 'nonce')
  expect(parameters).toEqual({
    AccessKeyId: 'id',
    Action: 'GetAuthorizationToken',
    Format: 'JSON',
    InstanceId: 'cri-1',
    RegionId: 'cn-shanghai',
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: 'nonce',
    SignatureVersion: '1.0',
    Timestamp: '2026-11-21T07:00:00Z',
    Version: '2018-12-01',
  })
  expect(acrParameters({ ...request, securityToken: 'sts' }, new Date(), 'nonce').SecurityToken).toBe('sts')
})

// The documented answer.
test('a temporary account', () => {
  const answer = {
    RequestId: 'x',
    ExpireTime: 1571242083000,
    Code: 'success',
    IsSuccess: true,
    TempUsername: 'temp_user_cr',
    AuthorizationToken: 'shaun:uucz',
  }
  expect(parseAcr(JSON.stringify(answer), 200)).toEqual({
    username: 'temp_user_cr',
    password: 'shaun:uucz',
    expires: new Date(1571242083000),
  })
})

test.each([
  [
    JSON.stringify({ Code: 'InvalidAccessKeyId.NotFound', Message: 'Specified access key is not found.' }),
    404,
    'InvalidAccessKeyId.NotFound: Specified access key is not found.',
  ],
  [JSON.stringify({ Code: 'success', TempUsername: '' }), 200, 'success'],
  ['<html>', 502, 'status 502'],
])('%s is an error', (body, status, reason) => {
  expect(() => parseAcr(body, status)).toThrow(`the service gives no temporary account (${reason}); check the access key`)
})

test.each([
  ['demo-registry.cn-hangzhou.cr.aliyuncs.com', 'cn-hangzhou'],
  ['demo-registry-vpc.ap-southeast-1.cr.aliyuncs.com', 'ap-southeast-1'],
  ['registry.cn-hangzhou.aliyuncs.com', undefined],
  ['demo-registry.cn-hangzhou.cr.aliyuncs.com.example.org', undefined],
])('the region of %s is %s', (host, region) => {
  expect(acrRegion(host)).toBe(region)
})

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../testbed/command.mjs'

/** An authority and the certificates that it has signed, as PEM texts and as files. */
export interface Certificates {
  readonly ca: string
  readonly cert: Readonly<Record<string, string>>
  readonly key: Readonly<Record<string, string>>
  readonly paths: { readonly folder: string; readonly ca: string }
}

/**
 * Makes an authority that nobody trusts, and certificates of it.
 *
 * @param names also the host names that each is good for; 127.0.0.1 is always among them
 */
export async function certify(folder: string, names: readonly string[]): Promise<Certificates> {
  mkdirSync(folder, { mode: 0o700 })
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => run(['openssl', ...args], { part: 'openssl' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=authority of a test',
    '-keyout',
    path('ca-key.pem'),
    '-out',
    path('ca.pem'),
  )
  for (const name of names) {
    writeFileSync(path(`${name}.ext`), `subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1\n`)
    await openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', path(`${name}-key.pem`), '-out', path(`${name}.csr`))
    const signing = ['-CA', path('ca.pem'), '-CAkey', path('ca-key.pem'), '-CAcreateserial', '-days', '2', '-extfile', path(`${name}.ext`)]
    await openssl('x509', '-req', '-in', path(`${name}.csr`), ...signing, '-out', path(`${name}.pem`))
  }
  const read = (suffix: string) => Object.fromEntries(names.map((name) => [name, readFileSync(path(`${name}${suffix}`), 'utf8')]))
  return { ca: readFileSync(path('ca.pem'), 'utf8'), cert: read('.pem'), key: read('-key.pem'), paths: { folder, ca: path('ca.pem') } }
}

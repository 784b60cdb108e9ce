import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface CertificateOptions {
  /** Whom it is for. */
  readonly names?: readonly string[]
}

/** A certificate for 127.0.0.1 that nobody has signed but itself, and the file it is in. */
export interface OwnCertificate extends Disposable {
  readonly cert: string
  readonly key: string
  readonly file: string
}

export function createCertificate({ names = ['IP:127.0.0.1', 'DNS:localhost'] }: CertificateOptions = {}): OwnCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'parley-certificate-'))
  const file = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', `subjectAltName=${names.join(',')}`, '-keyout', keyFile, '-out', file], { stdio: 'ignore' })
  return {
    cert: readFileSync(file, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    file,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Makes a private certificate authority, and a certificate for a server on this machine. */
import { generate } from 'selfsigned'

/** @type {{ keyType: 'ec', algorithm: string }} */
const ELLIPTIC = { keyType: 'ec', algorithm: 'sha256' }

/** @returns {Promise<{ ca: string, cert: string, key: string }>} in PEM */
export async function createCertificates() {
  const authority = await generate([{ name: 'commonName', value: 'A private authority' }], {
    ...ELLIPTIC,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...ELLIPTIC,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { ca: authority.cert, cert: server.cert, key: server.private }
}

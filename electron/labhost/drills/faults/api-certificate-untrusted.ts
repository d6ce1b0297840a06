/** The certificate of the API server is from an authority that nobody knows. */
import { certificateFault } from './certificate-fault.ts'

export const apiCertificateUntrusted = certificateFault({
  name: 'api-certificate-untrusted', title: 'Nobody trusts the API certificate', which: 'unknown-authority',
  effect: 'The API server shows a certificate from an authority that no client knows.',
  evidence: 'kubectl fails with "certificate signed by unknown authority"; new connections of components fail likewise.',
})

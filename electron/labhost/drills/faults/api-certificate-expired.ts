/** The certificate of the API server was not renewed in time. */
import { certificateFault } from './certificate-fault.ts'

export const apiCertificateExpired = certificateFault({
  name: 'api-certificate-expired', title: 'The API certificate has expired', which: 'expired',
  effect: 'The API server shows a certificate that expired a year ago.',
  evidence: 'kubectl fails with "certificate has expired"; components go on by connections that are open, and nodes become NotReady when those end.',
})

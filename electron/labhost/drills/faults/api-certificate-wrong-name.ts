/** The certificate of the API server is for another host. */
import { certificateFault } from './certificate-fault.ts'

export const apiCertificateWrongName = certificateFault({
  name: 'api-certificate-wrong-name', title: 'The API certificate names another host', which: 'wrong-name',
  effect: 'The API server shows a certificate for elsewhere.invalid alone.',
  evidence: 'kubectl fails with "certificate is valid for elsewhere.invalid, not 127.0.0.1".',
})

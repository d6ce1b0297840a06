/** What faults of the API server's certificate share: it shows another one, which its watch of the files takes up within two seconds. */
import type { Fault } from '../fault.ts'

interface CertificateFault {
  readonly name: string
  readonly title: string
  readonly effect: string
  readonly evidence: string
  readonly which: 'expired' | 'unknown-authority' | 'wrong-name'
}

export function certificateFault({ which, ...kind }: CertificateFault): Fault<'component'> {
  return {
    kind: { ...kind, group: 'api-server', target: 'component', resource: null, components: ['kube-apiserver'], parameters: [], lasts: true, providers: null, healing: 'The API server gets its own certificate again, newly issued; clients connect by themselves.' },
    claims: () => ['the certificate of kube-apiserver'],
    isOfDesktop: true,
    inject: world => world.serveCertificate(which),
    heal: world => world.serveCertificate('own'),
  }
}

/** When the certificates this server uses end, for the inspection of a running server. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface CertificateExpiry {
  readonly source: string
  readonly subject: string
  readonly issuer: string
  readonly validTo: string
  readonly daysLeft: number
}

/** Every certificate of each named PEM text or file; what cannot be read is left out. */
export function certificateExpiries(sources: Readonly<Record<string, { readonly file: string } | { readonly text: string }>>, nowMs: number): CertificateExpiry[] {
  return Object.entries(sources).flatMap(([source, from]) => {
    const text = 'text' in from ? from.text : readText(from.file)
    return (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).flatMap(pem => {
      try {
        const { subject, issuer, validTo } = new X509Certificate(pem)
        return [{ source, subject: subject.replaceAll('\n', ', '), issuer: issuer.replaceAll('\n', ', '), validTo: new Date(validTo).toISOString(), daysLeft: Math.floor((Date.parse(validTo) - nowMs) / 86_400_000) }]
      } catch {
        return []
      }
    })
  })
}

function readText(file: string): string {
  try {
    return file === '' ? '' : readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

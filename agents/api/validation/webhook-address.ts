/** Where a webhook may be: an https URL, or a service with a plain path. Upstream: apiserver/pkg/util/webhook/validation.go. */
import { invalid, required, type FieldError } from '../field-error.ts'
import { isDns1123Subdomain } from './names.ts'

const form = '; desired format: https://host[/path]'

export function validateWebhookUrl(url: string, path: string): FieldError[] {
  if (!URL.canParse(url)) {
    if (/^https:\/\/(?:[/?#]|$)/.test(url)) return [invalid(path, '', `host must be specified${form}`)]
    if (/^[^:]*$/.test(url)) return [invalid(path, '', `'https' is the only allowed URL scheme${form}`), invalid(path, '', `host must be specified${form}`)]
    return [required(path, `url must be a valid URL: parse ${JSON.stringify(url)}: invalid URL${form}`)]
  }
  const { protocol, host, username, password, hash, search } = new URL(url)
  const errors: FieldError[] = []
  if (protocol !== 'https:') errors.push(invalid(path, protocol.replace(/:$/, ''), `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalid(path, '', `host must be specified${form}`))
  if (username !== '') errors.push(invalid(path, password === '' ? username : `${username}:${password}`, 'user information is not permitted in the URL'))
  if (hash !== '') errors.push(invalid(path, hash.slice(1), 'fragments are not permitted in the URL'))
  if (search !== '') errors.push(invalid(path, search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

export interface WebhookService {
  readonly name: string
  readonly namespace: string
  readonly path?: string
  readonly port?: number
}

export function validateWebhookService(service: WebhookService, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (service.name === '') errors.push(required(`${path}.name`))
  if (service.namespace === '') errors.push(required(`${path}.namespace`))
  const port = service.port ?? 443
  if (port < 1 || port > 65_535) errors.push(invalid(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'))
  return [...errors, ...validateServicePath(service.path ?? '', `${path}.path`)]
}

function validateServicePath(text: string, path: string): FieldError[] {
  if (text === '' || text === '/') return []
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')]
  const errors = text.startsWith('/') ? [] : [invalid(path, text, "must start with a '/'")]
  for (const [index, step] of text.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') errors.push(invalid(path, text, `segment[${index}] may not be empty`))
    else errors.push(...isDns1123Subdomain(step).map(failure => invalid(path, text, `segment[${index}]: ${failure}`)))
  }
  return errors
}

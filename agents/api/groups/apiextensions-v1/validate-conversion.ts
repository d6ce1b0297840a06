/** How objects get from one version to another: not at all, or by a webhook that must be reachable and speak a known review. */
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isDns1035Label } from '../../validation/names.ts'
import { validateWebhookService, validateWebhookUrl } from '../../validation/webhook-address.ts'
import type { CustomResourceConversion, WebhookClientConfig } from './types.ts'

export interface ConversionTolerance {
  readonly allowsBadCaBundle: boolean
  readonly allowsUnknownReviewVersion: boolean
}

const strategies = ['None', 'Webhook']

export function validateConversion(conversion: CustomResourceConversion | undefined, path: string, tolerance: ConversionTolerance): FieldError[] {
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  const errors: FieldError[] = []
  if (strategy === '') errors.push(required(`${path}.strategy`))
  else if (!strategies.includes(strategy)) errors.push(notSupported(`${path}.strategy`, strategy, strategies))
  const config = webhook?.clientConfig
  const reviewVersions = webhook?.conversionReviewVersions ?? []
  if (strategy !== 'Webhook') {
    if (config !== undefined) errors.push(forbidden(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'))
    if (reviewVersions.length > 0) errors.push(forbidden(`${path}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'))
    return errors
  }
  if (config === undefined) errors.push(required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'))
  else errors.push(...validateClientConfig(config, `${path}.webhookClientConfig`, tolerance.allowsBadCaBundle))
  return [...errors, ...validateReviewVersions(reviewVersions, `${path}.conversionReviewVersions`, tolerance.allowsUnknownReviewVersion)]
}

function validateClientConfig({ url, service, caBundle }: WebhookClientConfig, path: string, allowsBadCaBundle: boolean): FieldError[] {
  const errors: FieldError[] = []
  if ((url === undefined) === (service === undefined)) errors.push(required(path, 'exactly one of url or service is required'))
  else if (url !== undefined) errors.push(...validateWebhookUrl(url, `${path}.url`))
  else errors.push(...validateWebhookService({ ...service!, name: service!.namespace, namespace: service!.name }, `${path}.service`)) // upstream mistakes one for the other in its errors
  if (!allowsBadCaBundle && (caBundle ?? '') !== '' && !holdsCertificate(caBundle!)) {
    errors.push(invalid(`${path}.caBundle`, caBundle, 'unable to load root certificates: unable to parse bytes as PEM block'))
  }
  return errors
}

function holdsCertificate(base64: string): boolean {
  try {
    return /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/.test(atob(base64))
  } catch {
    return false
  }
}

function validateReviewVersions(versions: readonly string[], path: string, allowsUnknown: boolean): FieldError[] {
  if (versions.length === 0) return [required(path)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalid(`${path}[${index}]`, version, 'duplicate version'))
    else errors.push(...isDns1035Label(version).map(text => invalid(`${path}[${index}]`, version, text)))
  }
  if (!allowsUnknown && !versions.includes('v1') && !versions.includes('v1beta1')) errors.push(invalid(path, versions, 'must include at least one of v1, v1beta1'))
  return errors
}

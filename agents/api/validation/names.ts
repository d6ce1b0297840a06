/**
 * Rules for names and label text, with the words upstream refuses them in (apimachinery/pkg/util/validation).
 *
 * Each function returns the reasons a text is not allowed; an empty list means it is.
 */
const dns1123LabelFmt = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123SubdomainFmt = `${dns1123LabelFmt}(\\.${dns1123LabelFmt})*`
const underscoredLabelFmt = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoredSubdomainFmt = `${underscoredLabelFmt}(\\.${underscoredLabelFmt})*`
const dns1035LabelFmt = '[a-z]([-a-z0-9]*[a-z0-9])?'
const qualifiedNameFmt = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValueFmt = `(${qualifiedNameFmt})?`

const dns1123Label = new RegExp(`^${dns1123LabelFmt}$`)
const dns1123Subdomain = new RegExp(`^${dns1123SubdomainFmt}$`)
const underscoredSubdomain = new RegExp(`^${underscoredSubdomainFmt}$`)
const wildcardSubdomain = new RegExp(`^\\*\\.${dns1123SubdomainFmt}$`)
const dns1035Label = new RegExp(`^${dns1035LabelFmt}$`)
const qualifiedName = new RegExp(`^${qualifiedNameFmt}$`)
const labelValue = new RegExp(`^${labelValueFmt}$`)

const labelMessage = 'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character'
const subdomainMessage = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character'
const underscoredMessage = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'_\', \'-\' or \'.\', and must start and end with an alphanumeric character'
const dns1035Message = 'a DNS-1035 label must consist of lower case alphanumeric characters or \'-\', start with an alphabetic character, and end with an alphanumeric character'
const wildcardMessage = 'a wildcard DNS-1123 subdomain must start with \'*.\', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, \'-\' or \'.\' and end with an alphanumeric character'
const qualifiedMessage = 'must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character'
const labelValueMessage = 'a valid label must be an empty string or consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character'

export type NameRule = (name: string) => string[]

function regexError(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`
  const quoted = examples.map((example, index) => `${index === 0 ? '' : ' or '}'${example}', `).join('')
  return `${message} (e.g. ${quoted}regex used for validation is '${format}')`
}

function maxLength(length: number): string {
  return `must be no more than ${length} bytes`
}

/** Of a UTF-16 code unit in UTF-8. */
const mostBytesPerUnit = 3

function byteLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII has one byte a character
  return /^[\x00-\x7f]*$/.test(text) ? text.length : new TextEncoder().encode(text).length
}

function check(text: string, longest: number, pattern: RegExp, error: () => string): string[] {
  const errors: string[] = []
  if (text.length * mostBytesPerUnit > longest && byteLength(text) > longest) errors.push(maxLength(longest))
  if (!pattern.test(text)) errors.push(error())
  return errors
}

export function isDns1123Label(text: string): string[] {
  return check(text, 63, dns1123Label, () => dns1123Subdomain.test(text)
    ? 'must not contain dots'
    : regexError(labelMessage, dns1123LabelFmt, 'my-name', '123-abc'))
}

export function isDns1123Subdomain(text: string): string[] {
  return check(text, 253, dns1123Subdomain, () => regexError(subdomainMessage, dns1123SubdomainFmt, 'example.com'))
}

/** A subdomain whose labels may hold and begin with an underscore, as search paths of DNS may. */
export function isDns1123SubdomainWithUnderscore(text: string): string[] {
  return check(text, 253, underscoredSubdomain, () => regexError(underscoredMessage, underscoredSubdomainFmt, 'example.com'))
}

export function isWildcardDns1123Subdomain(text: string): string[] {
  return check(text, 253, wildcardSubdomain, () => regexError(wildcardMessage, `\\*\\.${dns1123SubdomainFmt}`, '*.example.com'))
}

export function isDns1035Label(text: string): string[] {
  return check(text, 63, dns1035Label, () => regexError(dns1035Message, dns1035LabelFmt, 'my-name', 'abc-123'))
}

export function isFullyQualifiedDomainName(text: string): string[] {
  if (text === '') return ['']
  const errors = isDns1123Subdomain(text.endsWith('.') ? text.slice(0, -1) : text)
  if (errors.length > 0) return errors
  return text.split('.').length < 2 ? ['should be a domain with at least two segments separated by dots'] : []
}

/** "example.com/name" or "name". */
export function isQualifiedName(text: string): string[] {
  const errors: string[] = []
  const parts = text.split('/')
  let name = text
  if (parts.length === 2) {
    const prefix = parts[0]!
    name = parts[1]!
    if (prefix === '') errors.push('prefix part must be non-empty')
    else errors.push(...isDns1123Subdomain(prefix).map(error => `prefix part ${error}`))
  } else if (parts.length > 2) {
    return [`a valid label key ${regexError(qualifiedMessage, qualifiedNameFmt, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > 63) errors.push(`name part ${maxLength(63)}`)
  if (!qualifiedName.test(name)) errors.push(`name part ${regexError(qualifiedMessage, qualifiedNameFmt, 'MyName', 'my.name', '123-abc')}`)
  return errors
}

export function isLabelValue(text: string): string[] {
  return check(text, 63, labelValue, () => regexError(labelValueMessage, labelValueFmt, 'MyValue', 'my_value', '12345'))
}

export function isConfigMapKey(text: string): string[] {
  const errors: string[] = []
  if (byteLength(text) > 253) errors.push(maxLength(253))
  if (!/^[-._a-zA-Z0-9]+$/.test(text)) errors.push(regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'))
  else if (text === '.') errors.push(`must not be '.'`)
  else if (text === '..') errors.push(`must not be '..'`)
  else if (text.startsWith('..')) errors.push(`must not start with '..'`)
  return errors
}

/** Environment variable names: any printable ASCII but "=" (RelaxedEnvironmentVariableValidation). */
export function isEnvVarName(text: string): string[] {
  if (text === '') return ['environment variable name must be non-empty']
  return /^[ -<>-~]+$/.test(text) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export function isCIdentifier(text: string): string[] {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? [] : [regexError("a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'", '[A-Za-z_][A-Za-z0-9_]*', 'my_name', 'MY_NAME', 'MyName')]
}

export function isPortNumber(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive']
}

export function isPortName(text: string): string[] {
  const errors: string[] = []
  if (text.length > 15) errors.push('must be no more than 15 characters')
  if (!/^[-a-z0-9]+$/.test(text)) errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
  if (!/[a-z]/.test(text)) errors.push('must contain at least one letter (a-z)')
  if (text.includes('--')) errors.push('must not contain consecutive hyphens')
  if (text !== '' && (text.startsWith('-') || text.endsWith('-'))) errors.push('must not begin or end with a hyphen')
  return errors
}

/** Names that end up as one segment of a path (RBAC, events). */
export function isPathSegmentName(text: string): string[] {
  const errors: string[] = []
  if (text === '.') return [`may not be '.'`]
  if (text === '..') return [`may not be '..'`]
  for (const illegal of ['/', '%']) if (text.includes(illegal)) errors.push(`may not contain '${illegal}'`)
  return errors
}

/** Host names of a CertificateSigningRequest are path segments too, but any name is allowed for one. */
export function isAnyName(_text: string): string[] {
  return []
}

export function isHttpHeaderName(text: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(text) ? [] : [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name')]
}

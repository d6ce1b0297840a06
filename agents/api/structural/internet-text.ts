/** Addresses of mail and of resources as text, as Go's net/mail and net/url take them. */
const atom = String.raw`[A-Za-z0-9!#$%&'*+/=?^_{|}~\u0080-\u{10ffff}` + '`' + String.raw`\-]+`
const dotAtom = `${atom}(?:\\.${atom})*`
const quoted = String.raw`"(?:[^"\\\r\n]|\\[^\r\n])*"`
const address = new RegExp(String.raw`^(?:${dotAtom}|${quoted})@(?:${dotAtom}|\[[^\[\]\s]*\])$`, 'u')
const phrase = new RegExp(`^(?:(?:${quoted}|${atom}(?:\\.${atom})*\\.?)\\s*)*$`, 'u')
const longestAddress = 2_000

/** "a@example.com", or with a name before it: "A. Name <a@example.com>". */
export function isEmailAddress(text: string): boolean {
  const trimmed = text.replace(/\s*\([^()]*\)\s*$/, '').trim()
  if (trimmed.length > longestAddress) return false
  if (!trimmed.endsWith('>')) return address.test(trimmed)
  const open = trimmed.lastIndexOf('<')
  return open >= 0 && address.test(trimmed.slice(open + 1, -1).trim()) && phrase.test(trimmed.slice(0, open).trim())
}

/** An absolute URI, or an absolute path. */
export function isRequestUri(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- they may not stand in a URI
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text)) return false
  if (text === '*') return true
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)
  if (scheme === null && !text.startsWith('/')) return false
  const rest = (scheme === null ? text : text.slice(scheme[0].length)).split('?', 1)[0]!
  if (!rest.startsWith('/')) return false
  if (scheme === null || !rest.startsWith('//')) return hasWellFormedEscapes(rest)
  const end = rest.indexOf('/', 2)
  const authority = rest.slice(2, end < 0 ? rest.length : end)
  return isAuthority(authority) && (end < 0 || hasWellFormedEscapes(rest.slice(end)))
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text.slice(0, at))) return false
  const host = text.slice(at + 1)
  if (host.startsWith('[')) return /^\[[^\]]*\](?::\d*)?$/.test(host)
  if (/[ <>"`{}|\\^]/.test(host) || !hasWellFormedEscapes(host)) return false
  const colon = host.indexOf(':')
  return colon < 0 || /^\d*$/.test(host.slice(colon + 1))
}

function hasWellFormedEscapes(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text)
}

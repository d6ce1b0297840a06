/** The first line of an HTTP/1 message, with the host that a request is for. */
const request = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) (\S{1,500}) HTTP\/1\.[01]\r?\n/
const response = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]{0,100}))?\r?\n/
const host = /\r?\nhost: ?([^\r\n]{1,200})/i

export function describeHttp(payload: Buffer): string | undefined {
  const text = payload.toString('latin1', 0, 2_048)
  const asked = request.exec(text)
  if (asked !== null) {
    const name = host.exec(text)?.[1]
    return `${asked[1]} ${asked[2]}${name === undefined ? '' : ` (${name})`}`
  }
  const answered = response.exec(text)
  return answered === null ? undefined : `${answered[1]} ${answered[2] ?? ''}`.trim()
}

export interface ListenUrl {
  readonly secure: boolean
  readonly address: string
  readonly port: number
}

/** http[s]://address:port with a literal address; throws naming the flag. */
export function readListenUrl(flag: string, text: string): ListenUrl {
  const match = /^(https?):\/\/(\[[0-9a-fA-F:]+\]|[0-9.]+|localhost):(\d{1,5})\/?$/.exec(text)
  if (match === null || Number(match[3]) > 65_535) throw new RangeError(`--${flag}=${text} is not a URL such as https://127.0.0.1:2379`)
  return { secure: match[1] === 'https', address: match[2]!.replace(/^\[|\]$/g, ''), port: Number(match[3]) }
}

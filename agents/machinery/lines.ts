const lineFeed = 10

/** Cuts a stream of bytes at its line feeds, which may stand anywhere in a chunk. Empty lines are left out. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let pending: Uint8Array[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const line = decoder.decode(joined(pending, chunk.subarray(start, end)))
      pending = []
      start = end + 1
      if (line.trim() !== '') yield line
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
  }
  const rest = decoder.decode(joined(pending, new Uint8Array(0)))
  if (rest.trim() !== '') yield rest
}

function joined(before: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  if (before.length === 0) return last
  const whole = new Uint8Array(before.reduce((total, part) => total + part.length, last.length))
  let offset = 0
  for (const part of [...before, last]) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/**
 * Lines of JSON from a stream of bytes: how a watch arrives.
 *
 *   JL1  Bytes may be split anywhere, also inside a character. Empty lines are skipped; a last line without its end counts.
 *   JL2  A line longer than the limit ends the stream with an error, so that a peer cannot fill the memory.
 */
export async function* readJsonLines(body: AsyncIterable<Uint8Array>, limitChars = 64 * 1024 * 1024): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    let end = rest.indexOf('\n')
    let start = 0
    while (end >= 0) {
      const line = rest.slice(start, end).trim()
      if (line !== '') yield JSON.parse(line) as unknown
      start = end + 1
      end = rest.indexOf('\n', start)
    }
    rest = rest.slice(start)
    if (rest.length > limitChars) throw new Error(`a line of the stream is longer than ${limitChars} characters`) // JL2
  }
  rest += decoder.decode()
  if (rest.trim() !== '') yield JSON.parse(rest) as unknown
}

/** What somebody who was called answered, as a value: read in turns where it is long, and no deeper than bodies may be. */
import { JsonSyntaxError, parseJsonInTurns } from '../../../api/schema/json.ts'
import { nextTurn } from '../registry/heavy-work.ts'

/** Throws a SyntaxError for what is no JSON. */
export async function parseAnswer(answer: Uint8Array | string): Promise<unknown> {
  const text = typeof answer === 'string' ? answer : Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString('utf8')
  try {
    return (await parseJsonInTurns(text, nextTurn)).value
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new SyntaxError(error.message, { cause: error })
    throw error
  }
}

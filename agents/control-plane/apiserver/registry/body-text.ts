/**
 * The text of a body, JSON or YAML, read without keeping others waiting.
 *
 *   BT1  JSON is read in turns, between which the event loop goes round.
 *   BT2  What is called YAML but begins like JSON is tried as JSON first: that is what clients send.
 *   BT3  YAML of more than a few KiB is read by a thread of its own.
 *   BT4  A body of more than 250,000 values, or one that is too wide (HW5), is refused.
 */
import { JsonSyntaxError, parseJsonInTurns } from '../../../api/schema/json.ts'
import type { ParsedJson } from '../../../api/schema/json.ts'
import { parseYaml } from '../../../wire/yaml/yaml.ts'
import { ApiError, badRequest } from '../http/api-error.ts'
import { yamlType } from '../http/negotiation.ts'
import { BackgroundThread, ThreadError } from './background-thread.ts'
import { checkWidth, maxKeys, nextTurn } from './heavy-work.ts'
import type { YamlAnswer } from './yaml-thread.ts'

export interface ParsedText {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

const maxValues = 250_000
const inlineYamlLength = 4 * 1024

export async function parseBodyText(bytes: Uint8Array, type: string): Promise<ParsedText> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    if (type !== yamlType) return bounded(await parseJsonInTurns(text, nextTurn, maxValues))
    if (/^\s*\{/.test(text)) {
      const json = await jsonOrUndefined(text) // BT2
      if (json !== undefined) return bounded(json)
    }
    if (text.length <= inlineYamlLength) return parseYaml(text)
    return await parseLargeYaml(text)
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
}

async function jsonOrUndefined(text: string): Promise<ParsedJson | undefined> {
  try {
    return await parseJsonInTurns(text, nextTurn, maxValues)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

/** BT4 */
function bounded(parsed: ParsedJson): ParsedJson {
  if (parsed.valueCount > maxValues) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxValues} values`)
  if (parsed.valueCount > maxKeys) checkWidth(parsed.value)
  return parsed
}

const yamlThread = new BackgroundThread<string, YamlAnswer>({
  source: './yaml-thread.ts',
  bundled: './kube-apiserver-yaml.mjs',
  maxMemoryMiB: 192,
  maxWaiting: 32,
  waiting: 'large YAML bodies are waiting to be read',
})

/** BT3 */
async function parseLargeYaml(text: string): Promise<ParsedText> {
  const answer = await yamlThread.ask(text).catch((error: unknown) => {
    if (error instanceof ThreadError) return { error: `error converting YAML to JSON: yaml: the document ${error.message}` }
    throw error
  })
  if ('error' in answer) throw badRequest(answer.error)
  return { value: bounded(await parseJsonInTurns(answer.json, nextTurn, maxValues)).value, duplicates: answer.duplicates }
}

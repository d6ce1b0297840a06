/**
 * The text of a body, JSON or YAML, read without keeping others waiting.
 *
 *   BT1  JSON is read in turns, between which the event loop goes round.
 *   BT2  What is called YAML but begins like JSON is tried as JSON first: that is what clients send.
 *   BT3  YAML of more than a few KiB is read by a thread of its own, one text at a time; the thread ends when it has had
 *        nothing to do for a while, is bounded in memory, and is ended when a text takes it longer than 20 s.
 *   BT4  A body of more than 250,000 values is refused.
 */
import { Worker } from 'node:worker_threads'
import { JsonSyntaxError, parseJsonInTurns } from '../../../api/schema/json.ts'
import type { ParsedJson } from '../../../api/schema/json.ts'
import { parseYaml } from '../../../wire/yaml/yaml.ts'
import { ApiError, badRequest, tooManyRequests } from '../http/api-error.ts'
import { yamlType } from '../http/negotiation.ts'
import { nextTurn } from './heavy-work.ts'
import type { YamlAnswer } from './yaml-thread.ts'

export interface ParsedText {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

const maxValues = 250_000
const inlineYamlLength = 4 * 1024
const threadIdleMs = 10_000
const threadLimitMs = 20_000
const maxWaiting = 32

export async function parseBodyText(bytes: Uint8Array, type: string): Promise<ParsedText> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    if (type !== yamlType) return bounded(await parseJsonInTurns(text, nextTurn, maxValues))
    if (/^\s*\{/.test(text)) {
      const json = await jsonOrUndefined(text) // BT2
      if (json !== undefined) return bounded(json)
    }
    if (text.length <= inlineYamlLength) return parseYaml(text)
    return await yamlThread.parse(text)
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
  return parsed
}

interface Waiting {
  readonly text: string
  readonly resolve: (answer: YamlAnswer) => void
}

class YamlThread {
  #worker: Worker | undefined
  #waiting: Waiting[] = []
  #current: Waiting | undefined
  #timer: NodeJS.Timeout | undefined

  async parse(text: string): Promise<ParsedText> {
    if (this.#waiting.length >= maxWaiting) throw tooManyRequests('too many large YAML bodies are waiting to be read, please try again later', 1)
    const answer = await new Promise<YamlAnswer>(resolve => {
      this.#waiting.push({ text, resolve })
      this.#next()
    })
    if ('error' in answer) throw badRequest(answer.error)
    return { value: bounded(await parseJsonInTurns(answer.json, nextTurn, maxValues)).value, duplicates: answer.duplicates }
  }

  #next(): void {
    if (this.#current !== undefined) return
    clearTimeout(this.#timer)
    this.#current = this.#waiting.shift()
    if (this.#current === undefined) {
      this.#timer = setTimeout(() => { this.#endThread() }, threadIdleMs).unref()
      return
    }
    this.#worker ??= this.#startThread()
    this.#timer = setTimeout(() => {
      this.#endThread()
      this.#answer({ error: 'error converting YAML to JSON: yaml: the document takes too long to read' })
    }, threadLimitMs).unref()
    this.#worker.postMessage(this.#current.text)
  }

  #answer(answer: YamlAnswer): void {
    const current = this.#current
    this.#current = undefined
    current?.resolve(answer)
    this.#next()
  }

  #startThread(): Worker {
    const entry = import.meta.url.endsWith('.ts') ? './yaml-thread.ts' : './kube-apiserver-yaml.mjs'
    const worker = new Worker(new URL(entry, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 } })
    worker.unref()
    worker.on('message', (answer: YamlAnswer) => { if (worker === this.#worker) this.#answer(answer) })
    worker.on('error', error => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.#answer({ error: `error converting YAML to JSON: yaml: the document cannot be read: ${error.message}` })
    })
    return worker
  }

  #endThread(): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }
}

const yamlThread = new YamlThread()

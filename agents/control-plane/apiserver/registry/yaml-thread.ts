/** A thread that turns YAML into JSON text, so that a large body keeps nobody else waiting (BT3). */
import { parentPort } from 'node:worker_threads'
import { parseYaml } from '../../../wire/yaml/yaml.ts'

export type YamlAnswer = { readonly json: string; readonly duplicates: readonly string[] } | { readonly error: string }

parentPort!.on('message', (text: string) => {
  parentPort!.postMessage(answerOf(text))
})

function answerOf(text: string): YamlAnswer {
  try {
    const { value, duplicates } = parseYaml(text)
    return { json: JSON.stringify(value), duplicates }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Reads what the Kubernetes API's types and fields are for from the .d.ts files of @kubernetes/client-node and writes
 * dist/api-descriptions.json: { "io.k8s.api.core.v1.Pod": { description, fields: { spec: "…" } } }.
 *
 * The texts are upstream's and stay out of the repository. A model's name is its definition's last two parts
 * ("V1Pod"), with the group before it where two groups have the same kind ("CoreV1Event").
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { leafNamed, listedDefinitions } from '../agents/api/schema/definitions.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

type Descriptions = Readonly<Record<string, { readonly description?: string; readonly fields: Readonly<Record<string, string>> }>>

/** Model names to try, the more specific first. */
export function modelNamesOf(definition: string): string[] {
  const parts = definition.split('.')
  const kind = parts.at(-1)!
  const version = parts.at(-2)!
  const group = parts.at(-3)!
  const pascal = (text: string) => text[0]!.toUpperCase() + text.slice(1)
  return [`${pascal(group)}${pascal(version)}${kind}`, `${pascal(version)}${kind}`]
}

export interface ModelText {
  readonly description?: string
  readonly fields: Readonly<Record<string, string>>
}

/** Comments of one .d.ts: the one above the class and those above its fields. */
export function readModel(text: string): ModelText {
  const fields: Record<string, string> = {}
  let description: string | undefined
  for (const match of text.matchAll(/\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*\n\s*(?:export declare class (\w+)|'([^']+)'\??:)/g)) {
    const comment = match[1]!.split('\n').map(line => line.replace(/^\s*\* ?/, '')).join(' ').replace(/\s+/g, ' ').trim()
    if (match[2] !== undefined) description = comment
    else fields[match[3]!] = comment
  }
  return { ...(description === undefined ? {} : { description }), fields }
}

export function readDescriptions(modelsFolder: string): Descriptions {
  const result: Record<string, { description?: string; fields: Record<string, string> }> = {}
  for (const name of Object.keys(listedDefinitions)) {
    if (leafNamed(name) !== undefined) continue
    const path = modelNamesOf(name).map(model => join(modelsFolder, `${model}.d.ts`)).find(existsSync)
    if (path === undefined) continue
    const model = readModel(readFileSync(path, 'utf8'))
    const known: Record<string, string> = {}
    for (const field of Object.keys(listedDefinitions[name]!.fields)) {
      const spelled = [field, field.replace(/-./g, match => match[1]!.toUpperCase()), `_${field}`].find(each => model.fields[each] !== undefined)
      if (spelled !== undefined) known[field] = model.fields[spelled]!
    }
    result[name] = { ...(model.description === undefined ? {} : { description: model.description }), fields: known }
  }
  return result
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const descriptions = readDescriptions(join(root, 'node_modules/@kubernetes/client-node/dist/gen/models'))
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(join(root, 'dist/api-descriptions.json'), JSON.stringify(descriptions))
}

/**
 * Gathers what the API's types, fields and parameters are for into dist/api-descriptions.json, for kubectl explain:
 *
 *   { "io.k8s.api.core.v1.Pod": { "description": "…", "fields": { "spec": "…" } } }
 *
 * The words are upstream's. They are read at build time from the declarations of @kubernetes/client-node, whose models are
 * generated from upstream's document, and stay out of the repository.
 *
 *   AD1  A definition's model is named for its last two parts ("V1Pod"), with the group before them where two groups have
 *        the kind ("CoreV1Event").
 *   AD2  A field is spelled as in JSON, but for "_" before a word that TypeScript reserves and "_" for "-".
 *   AD3  Parameters stand as fields of the options type that upstream decodes them into, found by a method that takes them.
 *   AD4  The generator escapes quotes and marks of HTML; both are undone. Breaks of lines it has thrown away.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ApiDescriptions, TypeDescription } from '../agents/api/openapi/descriptions.ts'
import { versionDefinition } from '../agents/api/openapi/schemas.ts'
import { listedDefinitions } from '../agents/api/schema/definitions.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generated = join(root, 'node_modules/@kubernetes/client-node/dist/gen')

export const apiDescriptionsFile = 'api-descriptions.json'

/** What the output depends on, beside the package itself. */
export const apiDescriptionsInputs: readonly string[] = ['build/api-descriptions.ts', 'agents/api/openapi/descriptions.ts', 'agents/api/schema/definitions.json']

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** AD3: a method of the core API that takes the options. */
const optionMethods: Readonly<Record<string, string>> = {
  [`${meta}ListOptions`]: 'listNamespacedPod',
  [`${meta}CreateOptions`]: 'createNamespacedPod',
  [`${meta}PatchOptions`]: 'patchNamespacedPod',
  'io.k8s.api.core.v1.PodAttachOptions': 'connectGetNamespacedPodAttach',
  'io.k8s.api.core.v1.PodExecOptions': 'connectGetNamespacedPodExec',
  'io.k8s.api.core.v1.PodLogOptions': 'readNamespacedPodLog',
  'io.k8s.api.core.v1.PodPortForwardOptions': 'connectGetNamespacedPodPortforward',
  'io.k8s.api.core.v1.PodProxyOptions': 'connectGetNamespacedPodProxy',
  'io.k8s.api.core.v1.ServiceProxyOptions': 'connectGetNamespacedServiceProxy',
  'io.k8s.api.core.v1.NodeProxyOptions': 'connectGetNodeProxy',
}

/** AD1, the more specific first. */
export function modelNamesOf(definition: string): readonly string[] {
  const [group = '', version = '', kind = ''] = definition.split('.').slice(-3)
  return [capital(group) + capital(version) + kind, capital(version) + kind]
}

/** The comments of one model's declarations. */
export function readModel(text: string): TypeDescription {
  const fields: Record<string, string> = {}
  let description: string | undefined
  for (const [, comment = '', type, field] of text.matchAll(/\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export declare class (\w+)|'([^']+)'\??:)/g)) {
    if (type !== undefined) description = readComment(comment)
    else if (field !== undefined) fields[field] = readComment(comment)
  }
  return { ...(description === undefined ? {} : { description }), fields }
}

/** What the @param lines above a method say. */
export function readParameters(text: string, method: string): Readonly<Record<string, string>> {
  const at = text.search(new RegExp(`^ {4}${method}\\(`, 'm'))
  const start = text.lastIndexOf('/**', at)
  if (at < 0 || start < 0) return {}
  const fields: Record<string, string> = {}
  for (const [, name = '', words = ''] of text.slice(start, at).matchAll(/@param _?(\w+) (.+)/g)) fields[name] = unescapeText(words)
  return fields
}

function readComment(comment: string): string {
  return unescapeText(comment.split('\n').map(line => line.replace(/^\s*\* ?/, '')).join('\n').trim())
}

/** AD4 */
function unescapeText(text: string): string {
  return text
    .replace(/&#x([0-9a-fA-F]+);|&#(\d+);/g, (_, hex: string | undefined, decimal: string | undefined) => String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16)))
    .replace(/&(quot|lt|gt|amp);/g, (_, name: 'amp' | 'gt' | 'lt' | 'quot') => ({ amp: '&', gt: '>', lt: '<', quot: '"' })[name])
    .replace(/\\(['"\\])/g, '$1')
    .replaceAll('*_/', '*/')
    .trim()
}

/** Throws if the package is not where npm puts it. */
export function readApiDescriptions(folder = generated): ApiDescriptions {
  const described: Record<string, TypeDescription> = {}
  for (const name of [...Object.keys(listedDefinitions), versionDefinition]) {
    const path = modelNamesOf(name).map(model => join(folder, 'models', `${model}.d.ts`)).find(each => existsSync(each))
    if (path !== undefined) described[name] = inJsonNames(readModel(readFileSync(path, 'utf8')), Object.keys(listedDefinitions[name]?.fields ?? {}))
  }
  const core = readFileSync(join(folder, 'apis/CoreV1Api.d.ts'), 'utf8')
  for (const [type, method] of Object.entries(optionMethods)) described[type] = { fields: readParameters(core, method) }
  return described
}

/** AD2 */
function inJsonNames({ description, fields = {} }: TypeDescription, names: readonly string[]): TypeDescription {
  const spelled = new Map(names.flatMap(name => [name, `_${name}`, name.replaceAll('-', '_')].map(spelling => [spelling, name] as const)))
  const renamed = Object.fromEntries(Object.entries(fields).map(([field, words]) => [spelled.get(field) ?? field, words]))
  return { ...(description === undefined ? {} : { description }), fields: renamed }
}

/** Writes the file whole into a folder. */
export function buildApiDescriptions(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, apiDescriptionsFile)
  writeFileSync(`${path}.${process.pid}.new`, JSON.stringify(readApiDescriptions()))
  renameSync(`${path}.${process.pid}.new`, path)
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildApiDescriptions(join(root, 'dist'))

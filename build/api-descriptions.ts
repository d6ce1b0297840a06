/**
 * Gathers what the API's types, fields and parameters are for into dist/api-descriptions.json, for kubectl explain:
 *
 *   { "io.k8s.api.core.v1.Pod": { "description": "…", "fields": { "spec": "…" } } }
 *
 * The words are upstream's and stay out of the repository: they are read at build time from the declarations of two packages,
 * both generated from upstream's document. @kubernetes/client-node is as new as the API, but its generator lost the breaks of
 * lines and the words of fields that refer to a type; kubernetes-types kept both and is older.
 *
 *   AD1  A definition's model is named for its last two parts ("V1Pod"), with the group before them where two groups have
 *        the kind ("CoreV1Event").
 *   AD2  A field is spelled as in JSON, but for "_" before a word that TypeScript reserves and "_" for "-".
 *   AD3  Parameters stand as fields of the options type that upstream decodes them into, found by a method that takes them.
 *   AD4  The generator escapes quotes and marks of HTML; both are undone.
 *   AD5  The older package's words are taken where the newer has none, or the same words in lines.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ApiDescriptions, TypeDescription } from '../agents/api/openapi/descriptions.ts'
import { versionDefinition } from '../agents/api/openapi/schemas.ts'
import { listedDefinitions } from '../agents/api/schema/definitions.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = join(root, 'node_modules')
const clientFolder = '@kubernetes/client-node/dist/gen'
const typesFolder = 'kubernetes-types'

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

/** The comments of every interface of one file of kubernetes-types: "core/v1.d.ts". */
export function readInterfaces(text: string): ReadonlyMap<string, TypeDescription> {
  const found = new Map<string, TypeDescription>()
  for (const [, comment, type = '', body = ''] of text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export interface (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const fields: Record<string, string> = {}
    for (const [, words = '', field = ''] of body.matchAll(/^ {4}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {4}(?:readonly )?"?([\w$-]+)"?\??:/gm)) fields[field] = readComment(words)
    found.set(type, { ...(comment === undefined ? {} : { description: readComment(comment) }), fields })
  }
  return found
}

/** The new words, or the old where they are the same in lines; undefined if neither has any. */
export function chooseWords(newer: string | undefined, older: string | undefined): string | undefined {
  if (newer === undefined || older === undefined) return newer ?? older // AD5
  const bare = (text: string) => text.replace(/\s+/g, '')
  return bare(newer) === bare(older) ? older : newer
}

/** Throws if @kubernetes/client-node is not there; kubernetes-types may be missing. */
export function readApiDescriptions(folder = packages): ApiDescriptions {
  const described: Record<string, TypeDescription> = {}
  const interfaces = new Map<string, ReadonlyMap<string, TypeDescription>>()
  for (const name of [...Object.keys(listedDefinitions), versionDefinition]) {
    const path = modelNamesOf(name).map(model => join(folder, clientFolder, 'models', `${model}.d.ts`)).find(each => existsSync(each))
    const newer = path === undefined ? {} : readModel(readFileSync(path, 'utf8'))
    const [group = '', version = '', kind = ''] = name.split('.').slice(-3)
    const file = join(folder, typesFolder, group, `${version}.d.ts`)
    if (!interfaces.has(file)) interfaces.set(file, existsSync(file) ? readInterfaces(readFileSync(file, 'utf8')) : new Map())
    described[name] = mergeWords(Object.keys(listedDefinitions[name]?.fields ?? newer.fields ?? {}), newer, interfaces.get(file)!.get(kind) ?? {})
  }
  const core = readFileSync(join(folder, clientFolder, 'apis/CoreV1Api.d.ts'), 'utf8')
  for (const [type, method] of Object.entries(optionMethods)) described[type] = { fields: readParameters(core, method) }
  return described
}

function mergeWords(fields: readonly string[], newer: TypeDescription, older: TypeDescription): TypeDescription {
  const description = chooseWords(newer.description, older.description)
  const words = fields.map(field => {
    const spelling = [field, `_${field}`, field.replaceAll('-', '_')].find(each => newer.fields?.[each] !== undefined) // AD2
    return [field, chooseWords(spelling === undefined ? undefined : newer.fields?.[spelling], older.fields?.[field])] as const
  })
  return { ...(description === undefined ? {} : { description }), fields: Object.fromEntries(words.filter((each): each is readonly [string, string] => each[1] !== undefined)) }
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

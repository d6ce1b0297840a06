/**
 * A Drill file: YAML text -> Drill, every problem with its line and column ("drill.yaml:7:14: spec.faults[0].inject: …").
 *
 *   DF1  Faults, their targets' form and their parameters are checked against the kinds there are, before any lab is asked.
 *   DF2  A probe that a rule names is one that the drill has; every drill has a probe and something that must hold.
 *   DF3  A name beginning with $ is one that the drill chooses.
 */
import { readPlacedYaml } from '../../../../agents/wire/yaml/placed-yaml.ts'
import type { DrillText } from '../../../contract/drills.ts'
import { DocumentReading, type Mapping, type Path, isMapping, pathText, quoted } from '../../documents/document-reading.ts'
import type { Choice, Drill, PlainManifest } from '../drill.ts'
import { FaultError } from '../fault-error.ts'
import { readAct, readTimedAct } from './read-acts.ts'
import { readFaultStep } from './read-fault-steps.ts'
import { readMust, readProbe } from './read-probes.ts'

export const drillApiVersion = 'kubarium.dev/v1'
/** In milliseconds. */
export const drillTimes = {
  breaking: { leastMs: 1_000, mostMs: 3_600_000, usualMs: 60_000 },
  recovery: { leastMs: 0, mostMs: 3_600_000, usualMs: 30_000 },
  steady: { leastMs: 0, mostMs: 600_000, usualMs: 3_000 },
  readyWithin: { leastMs: 1_000, mostMs: 3_600_000, usualMs: 180_000 },
} as const
const longestName = 40
const fields = ['title', 'hypothesis', 'explanation', 'needs', 'duration', 'recovery', 'steadyFor', 'readyWithin', 'objects', 'choose', 'probes', 'faults', 'acts', 'abort', 'must', 'repair', 'revert']

export function readDrillFile(text: string, fileName: string): Drill {
  const file = readPlacedYaml(text, fileName)
  if (file.syntaxProblems.length > 0) throw new FaultError('invalid-argument', file.syntaxProblems.join('\n'))
  const reading = new DocumentReading('a Drill is a mapping with apiVersion, kind, metadata and spec')
  const drill = readDrill(file.value(), reading)
  if (reading.problems.length === 0) return drill
  throw new FaultError('invalid-argument', reading.problems.map(({ path, message, aboutKey }) => `${file.place(path, aboutKey === true)}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`).join('\n'))
}

function readDrill(document: unknown, reading: DocumentReading): Drill {
  const root = reading.map(document, [], ['apiVersion', 'kind', 'metadata', 'spec'])
  for (const [field, wanted] of [['apiVersion', drillApiVersion], ['kind', 'Drill']] as const) if (root[field] !== wanted) reading.problem([field], `must be ${wanted}, not ${quoted(root[field])}`)
  const metadata = reading.map(root['metadata'] ?? {}, ['metadata'], ['name'])
  const name = reading.label(metadata['name'], ['metadata', 'name'], longestName)
  const at: Path = ['spec']
  const spec = reading.map(root['spec'] ?? {}, at, fields)
  const needs = reading.map(spec['needs'] ?? {}, [...at, 'needs'], ['nodes', 'providers'])
  const repair = reading.map(spec['repair'] ?? {}, [...at, 'repair'], ['commands', 'steps'])
  const each = <T>(field: string, read: (entry: unknown, path: Path) => T): T[] => reading.list(spec[field], [...at, field]).map((entry, index) => read(entry, [...at, field, index]))

  const choices = each('choose', (entry, path) => readChoice(entry, path, reading))
  const probes = each('probes', (entry, path) => readProbe(entry, path, reading))
  const drill: Drill = {
    name,
    title: readText(spec['title'], [...at, 'title'], reading),
    hypothesis: readText(spec['hypothesis'], [...at, 'hypothesis'], reading),
    explanation: readText(spec['explanation'], [...at, 'explanation'], reading),
    needs: {
      nodes: reading.whole(needs['nodes'] ?? 1, [...at, 'needs', 'nodes'], 1, 64),
      providers: needs['providers'] === undefined ? null : reading.texts(needs['providers'], [...at, 'needs', 'providers']),
    },
    durationMs: reading.duration(spec['duration'], [...at, 'duration'], drillTimes.breaking),
    recoveryMs: reading.duration(spec['recovery'], [...at, 'recovery'], drillTimes.recovery),
    steadyMs: reading.duration(spec['steadyFor'], [...at, 'steadyFor'], drillTimes.steady),
    readyWithinMs: reading.duration(spec['readyWithin'], [...at, 'readyWithin'], drillTimes.readyWithin),
    objects: each('objects', (entry, path) => readManifest(entry, path, reading)),
    choices,
    probes,
    faults: each('faults', (entry, path) => readFaultStep(entry, path, reading)), // DF1
    acts: each('acts', (entry, path) => readTimedAct(entry, path, reading)),
    aborts: each('abort', (entry, path) => {
      const given = reading.map(entry, path, ['probe', 'failingFor'])
      return { probe: probeNamed(given['probe'], [...path, 'probe'], probes, reading), failingForMs: reading.duration(given['failingFor'], [...path, 'failingFor'], drillTimes.breaking) }
    }),
    musts: each('must', (entry, path) => {
      const must = readMust(entry, path, reading)
      probeNamed(must.probe, [...path, 'probe'], probes, reading)
      return must
    }),
    repair: {
      commands: reading.texts(repair['commands'], [...at, 'repair', 'commands']),
      steps: reading.list(repair['steps'], [...at, 'repair', 'steps']).map((entry, index) => readTimedAct(entry, [...at, 'repair', 'steps', index], reading)),
    },
    revert: each('revert', (entry, path) => readAct(entry, path, reading)),
  }
  if (probes.length === 0) reading.problem([...at, 'probes'], 'a drill has at least one probe: what would show that something is wrong?') // DF2
  if (drill.musts.length === 0) reading.problem([...at, 'must'], 'a drill has at least one thing that must hold; without it there is no verdict')
  for (const [index, must] of drill.musts.entries()) if (must.rule === 'holds-after' && must.withinMs >= drill.recoveryMs) reading.problem([...at, 'must', index, 'holdsAfter', 'within'], `must be less than the recovery (${drill.recoveryMs / 1_000} s), or nobody looks any more`)
  requireDistinct(choices, [...at, 'choose'], reading)
  requireDistinct(probes, [...at, 'probes'], reading)
  requireChosen(spec, at, new Set(['namespace', 'seed', ...choices.map(choice => choice.name)]), reading)
  return drill
}

function probeNamed(value: unknown, path: Path, probes: readonly { readonly name: string }[], reading: DocumentReading): string {
  if (!probes.some(probe => probe.name === value)) reading.problem(path, `${quoted(value)} is no probe of this drill; it has ${probes.map(probe => probe.name).join(', ') || 'none'}`) // DF2
  return String(value)
}

function requireDistinct(entries: readonly { readonly name: string }[], path: Path, reading: DocumentReading): void {
  for (const [index, { name }] of entries.entries()) if (entries.findIndex(other => other.name === name) < index) reading.problem([...path, index, 'name'], `${quoted(name)} is there already`)
}

/** DF3, in every text of what the drill does (its explanations may speak of dollars). */
function requireChosen(value: unknown, path: Path, known: ReadonlySet<string>, reading: DocumentReading): void {
  if (['title', 'hypothesis', 'explanation'].includes(String(path[1]))) return
  if (typeof value === 'string') {
    for (const [whole, name] of value.matchAll(/\$([a-z][A-Za-z0-9]*)/g)) if (!known.has(name!)) reading.problem(path, `${whole} is not chosen anywhere; this drill chooses ${[...known].map(one => `$${one}`).join(', ')}`)
  } else if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) requireChosen(entry, [...path, index], known, reading)
  } else if (isMapping(value)) {
    for (const [field, entry] of Object.entries(value)) requireChosen(entry, [...path, field], known, reading)
  }
}

function readText(value: unknown, path: Path, reading: DocumentReading): DrillText {
  if (typeof value === 'string') return { 'en': value.trim(), 'zh-Hant': value.trim(), 'zh-Hans': value.trim() } // a drill of one's own may speak one language
  const given = reading.map(value ?? {}, path, ['en', 'zh-Hant', 'zh-Hans'])
  const of = (language: string) => reading.text(given[language], [...path, language]).trim()
  return { 'en': of('en'), 'zh-Hant': of('zh-Hant'), 'zh-Hans': of('zh-Hans') }
}

function readManifest(value: unknown, path: Path, reading: DocumentReading): PlainManifest {
  if (!isMapping(value)) reading.problem(path, `must be an object of Kubernetes, not ${quoted(value)}`)
  const object: Mapping = isMapping(value) ? value : {}
  const metadata = isMapping(object['metadata']) ? object['metadata'] : {}
  reading.text(object['apiVersion'], [...path, 'apiVersion'])
  reading.text(object['kind'], [...path, 'kind'])
  reading.text(metadata['name'], [...path, 'metadata', 'name'])
  return object as unknown as PlainManifest
}

function readChoice(value: unknown, path: Path, reading: DocumentReading): Choice {
  const given = reading.map(value, path, ['name', 'node', 'pod'])
  const name = reading.text(given['name'], [...path, 'name'])
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) reading.problem([...path, 'name'], `${quoted(name)} is not a name to choose: letters and digits, beginning with a small letter`)
  if (given['pod'] !== undefined) {
    const pod = reading.map(given['pod'], [...path, 'pod'], ['selector', 'on'])
    return { name, from: 'pod', selector: reading.text(pod['selector'], [...path, 'pod', 'selector']), on: pod['on'] === undefined ? null : reading.text(pod['on'], [...path, 'pod', 'on']) }
  }
  const node = reading.map(given['node'] ?? {}, [...path, 'node'], ['running', 'not'])
  return { name, from: 'node', running: node['running'] === undefined ? null : reading.text(node['running'], [...path, 'node', 'running']), not: reading.texts(node['not'], [...path, 'node', 'not']) }
}

/**
 * Other programs in the place of ours: upstream's kube-scheduler where the lab's was, started with the same flags.
 *
 *   CW1  Only components whose flags, ports and files are upstream's own can be swapped; others are refused by name, and why.
 *   CW2  A binary is an absolute path of a file that may be executed; that is looked at before anything is stopped.
 *   CW3  A program of others is not given what only ours understand: /debug/faults, Node.js's flags and environment.
 *   CW4  What upstream has by another default and a lab relies on is said by a flag: how objects are stored, where health is asked.
 *   CW5  The user's own flags come last and win.
 *   CW6  It takes part in stories with what it exports: it is told where to.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { type ComponentProgram, type LabSpec, type SwappableComponent, swappableComponents } from '../../contract/labs.ts'
import type { ComponentManifest } from '../components/component-manifest.ts'
import { type DocumentReading, type Path, isMapping, quoted } from '../documents/document-reading.ts'
import { LabError } from './lab-error.ts'
import type { LabFiles } from './lab-files.ts'

/** Soon enough for whoever follows a story; OpenTelemetry's own is 5 s. */
const exportEveryMs = 500

/** CW1 */
const reasons: Readonly<Record<string, string>> = {
  'etcd': 'the store is chosen by spec.etcd',
  'cloud-controller-manager': 'the lab itself is the cloud, and no other program knows it',
  'metrics-server': 'an own one is deployed into the cluster and takes the APIService v1beta1.metrics.k8s.io',
  'simulated-kubelets': 'no other program plays simulated nodes',
}

export function isSwappable(component: string): component is SwappableComponent {
  return (swappableComponents as readonly string[]).includes(component)
}

export function requireSwappable(component: string): SwappableComponent {
  if (isSwappable(component)) return component
  const reason = reasons[component] ?? 'it runs on a node'
  throw new LabError('unsupported', `no other program can take the place of ${component}: ${reason}. It can be done with ${swappableComponents.join(', ')}`)
}

/** spec.components of a Lab document. */
export function readComponents(value: unknown, path: Path, reading: DocumentReading): LabSpec['components'] {
  if (!isMapping(value)) {
    reading.problem(path, `must be a mapping of component names, not ${quoted(value)}`)
    return {}
  }
  const read: Partial<Record<SwappableComponent, ComponentProgram>> = {}
  for (const [name, given] of Object.entries(value)) {
    if (isSwappable(name)) read[name] = readProgram(given, [...path, name], reading)
    else reading.problem([...path, name], reasons[name] === undefined ? `unknown component; known here: ${swappableComponents.join(', ')}` : `cannot be swapped: ${reasons[name]}`, true)
  }
  return read
}

function readProgram(value: unknown, path: Path, reading: DocumentReading): ComponentProgram {
  const given = reading.map(value, path, ['binary', 'flags'])
  const binary = reading.text(given['binary'], [...path, 'binary'])
  if (binary !== '' && !isAbsolute(binary)) reading.problem([...path, 'binary'], `${quoted(binary)} is not an absolute path`) // CW2
  if (given['flags'] === undefined) return { binary }
  if (!isMapping(given['flags'])) {
    reading.problem([...path, 'flags'], `must be a mapping of flag names without their dashes, not ${quoted(given['flags'])}`)
    return { binary }
  }
  const flags: Record<string, string> = {}
  for (const [flag, setting] of Object.entries(given['flags'])) {
    const place = [...path, 'flags', flag]
    if (!/^[a-z][a-z0-9-]*$/i.test(flag)) reading.problem(place, `${quoted(flag)} is not a flag's name without its dashes`, true)
    else if (!['string', 'number', 'boolean'].includes(typeof setting)) reading.problem(place, `must be text, a number, true or false, not ${quoted(setting)}`)
    else flags[flag] = String(setting)
  }
  return { binary, flags }
}

/** CW2 */
export function requireProgram(component: string, { binary }: ComponentProgram): void {
  try {
    if (!statSync(binary).isFile()) throw new Error('it is not a file')
    accessSync(binary, constants.X_OK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be executed' : message
    throw new LabError('invalid-argument', `${binary} cannot take the place of ${component}: ${why}`)
  }
}

/** Our own manifest, for another program. */
export function manifestFor(manifest: ComponentManifest, { binary, flags = {} }: ComponentProgram, files: Pick<LabFiles, 'tracingConfig'>): ComponentManifest {
  const { 'fault-injection-token-file': _, ...lab } = manifest.flags // CW3
  const own = differences[manifest.name as SwappableComponent]
  return {
    ...manifest,
    program: [binary],
    flags: { ...lab, ...own.flags, ...(exportsSpans(manifest.name) ? { 'tracing-config-file': files.tracingConfig } : {}), ...flags }, // CW5
    environment: exportsSpans(manifest.name) ? { OTEL_BSP_SCHEDULE_DELAY: String(exportEveryMs) } : {},
    health: { ...manifest.health, url: new URL(own.healthPath, manifest.health.url).href },
  }
}

/** CW6: of the programs that can be swapped upstream lets only the API server export spans. */
export function exportsSpans(component: string): boolean {
  return component === 'kube-apiserver'
}

/** CW4 */
const differences: Readonly<Record<SwappableComponent, { readonly healthPath: string; readonly flags: ComponentManifest['flags'] }>> = {
  // Privileged pods are a lab's usual ones; JSON is what our own API server stores and every tool can read; extension servers are
  // dialled at their endpoints, since some of those are programs of the desktop.
  'kube-apiserver': { healthPath: '/readyz', flags: { 'allow-privileged': true, 'storage-media-type': 'application/json', 'enable-aggregator-routing': true } },
  'kube-scheduler': { healthPath: '/readyz', flags: {} },
  'kube-controller-manager': { healthPath: '/healthz', flags: {} },
}

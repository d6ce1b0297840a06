/** The contract's calls and feeds about faults. */
import type { FaultCalls, FaultFeeds, FaultTarget, FaultValues } from '../../contract/faults.ts'
import { faults } from '../drills/fault-kinds.ts'
import { toldKind } from '../drills/fault-texts.ts'
import { reachOf } from '../drills/running/impact.ts'
import type { CallTable, FeedTable } from '../gateway/contract-service.ts'
import { flag, nullable, object, oneOf, readArguments, text, whole, anything } from './arguments.ts'
import type { Lab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { seenCluster } from './seen-cluster.ts'

export function faultCalls(labNamed: (name: string) => Lab): { readonly calls: Pick<CallTable, keyof FaultCalls>; readonly feeds: Pick<FeedTable, keyof FaultFeeds> } {
  const ledgerOf = (given: unknown) => labNamed(readArguments(given, { lab: text }).lab).faults
  return {
    calls: {
      'faults/kinds': () => faults.map(({ kind }) => toldKind(kind)),
      'faults/preview': async given => {
        const { lab, kind, target } = readArguments(given, { lab: text, kind: text, target: readTarget })
        labNamed(lab).faults.checkAim(kind, target)
        return reachOf([{ kind, target }], await seenCluster(labNamed(lab)))
      },
      'faults/inject': async given => {
        const { lab, kind, target, parameters, durationMs } = readArguments(given, { lab: text, kind: text, target: readTarget, parameters: readValues, durationMs: nullable(whole(1, 86_400_000)) })
        return await labNamed(lab).injectFault({ kind, target, parameters, durationMs })
      },
      'faults/heal': async given => {
        const { lab, id } = readArguments(given, { lab: text, id: nullable(text) })
        const ledger = labNamed(lab).faults
        return id === null ? await ledger.healAll('asked') : [await ledger.heal(id)]
      },
      'faults/list': given => ledgerOf(given).states,
    },
    feeds: { 'faults/state': (given, signal) => ledgerOf(given).follow(signal) },
  }
}

function readTarget(value: unknown, name: string): FaultTarget {
  switch ((value as { readonly type?: unknown } | null)?.type) {
    case 'component':
      return object({ type: oneOf('component'), name: text })(value, name)
    case 'node':
      return object({ type: oneOf('node'), name: text })(value, name)
    case 'link':
      return object({ type: oneOf('link'), from: text, to: text, bothWays: flag })(value, name)
    case 'object':
      return object({ type: oneOf('object'), namespace: text, name: text })(value, name)
    default:
      throw new LabError('invalid-argument', `${name} must be of type component, node, link or object`)
  }
}

function readValues(value: unknown, name: string): FaultValues {
  const given = anything(value, name)
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.values(given).some(one => typeof one !== 'string' && typeof one !== 'number')) throw new LabError('invalid-argument', `${name} must be an object of numbers and texts`)
  return given as FaultValues
}

/** The contract's calls and feeds about drills. */
import { seededRandom } from '../../../agents/base/random.ts'
import type { DrillCalls, DrillChoice, DrillFeeds, DrillImpact, DrillSummary } from '../../contract/drills.ts'
import { DrillShelf } from '../drills/drill-shelf.ts'
import type { Drill } from '../drills/drill.ts'
import { findFault } from '../drills/read-order.ts'
import { readTargetText } from '../drills/read-target.ts'
import { readDrillFile } from '../drills/reading/read-drill.ts'
import { reportPage } from '../drills/reports/report-page.ts'
import { namespaceOf } from '../drills/running/drill-run.ts'
import { impactOf } from '../drills/running/impact.ts'
import { timeLine } from '../drills/running/time-line.ts'
import type { CallTable, FeedTable } from '../gateway/contract-service.ts'
import { nullable, object, oneOf, readArguments, text, whole } from './arguments.ts'
import type { Lab } from './lab.ts'
import { seenCluster } from './seen-cluster.ts'

const seed = nullable(whole(0, 2 ** 31))

/** `folder`: of the drills that come with Kubarium. */
export function drillCalls(labNamed: (name: string) => Lab, folder: string): { readonly calls: Pick<CallTable, keyof DrillCalls>; readonly feeds: Pick<FeedTable, keyof DrillFeeds> } {
  const shelf = new DrillShelf(folder)
  const drillOf = (choice: DrillChoice): Drill => ('name' in choice ? shelf.find(choice.name) : readDrillFile(choice.text, choice.file))
  const labOf = (given: unknown) => labNamed(readArguments(given, { lab: text }).lab)
  return {
    calls: {
      'drills/list': () => shelf.drills.map(summaryOf),
      'drills/read': given => summaryOf(drillOf(readArguments(given, { drill: readChoice }).drill)),
      'drills/preview': async given => {
        const { lab, drill, seed: chosen } = readArguments(given, { lab: text, drill: readChoice, seed })
        return await previewOf(labNamed(lab), drillOf(drill), chosen ?? 0)
      },
      'drills/run': async given => {
        const { lab, drill, seed: chosen, repair } = readArguments(given, { lab: text, drill: readChoice, seed, repair: oneOf('none', 'expert') })
        const [found, chosenDrill] = [labNamed(lab), drillOf(drill)]
        return found.beginDrill(chosenDrill, chosen, repair, await found.checkpoints.saveBeforeDrill())
      },
      'drills/stop': given => labOf(given).drills.stop(),
      'drills/runs': given => labOf(given).drills.runs.map(run => ({ ...run, samples: {} })),
      'drills/report': given => {
        const { lab, id, form } = readArguments(given, { lab: text, id: text, form: oneOf('json', 'html') })
        const run = labNamed(lab).drills.find(id)
        return { text: form === 'json' ? `${JSON.stringify(run, null, 2)}\n` : reportPage(run) }
      },
    },
    feeds: { 'drills/state': (given, signal) => labOf(given).drills.follow(signal) },
  }
}

function readChoice(value: unknown, name: string): DrillChoice {
  return (value as { readonly name?: unknown } | null)?.name === undefined ? object({ file: text, text })(value, name) : object({ name: text })(value, name)
}

function summaryOf(drill: Drill): DrillSummary {
  const { name, title, hypothesis, explanation, needs, durationMs } = drill
  return { name, title, hypothesis, explanation, needs, durationMs, repair: drill.repair.commands.map(command => command.replaceAll('$namespace', namespaceOf(drill))), probes: drill.probes.map(probe => probe.name) }
}

async function previewOf(lab: Lab, drill: Drill, chosenSeed: number): Promise<DrillImpact> {
  const injections = timeLine(drill.faults, seededRandom(chosenSeed)).map(({ atMs, order }) => ({ atMs, kind: order.kind, target: readTargetText(findFault(order.kind).kind, order.target.replaceAll('$namespace', namespaceOf(drill)), { bothWays: order.bothWays, namespace: namespaceOf(drill) }), parameters: order.parameters, durationMs: order.durationMs }))
  return impactOf(injections, await seenCluster(lab))
}

/** Drills of the chosen lab: those there are, the run under way or the last, earlier ones, and what can be asked. */
import { type Ref, type ShallowRef, computed, ref, shallowRef, watch } from 'vue'
import type { DrillChoice, DrillImpact, DrillRepair, DrillRun, DrillSummary } from '../../electron/contract/drills.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Known, valueOf } from '../lib/known.ts'
import { useFollowed } from './followed.ts'
import { useLabsStore } from './labs.ts'
import { type Question, useQuestion } from './question.ts'

export interface Drills {
  readonly shelf: ShallowRef<readonly DrillSummary[]>
  /** The run under way, or else the last; null: there was none. */
  readonly current: ShallowRef<Known<DrillRun | null>>
  readonly isRunning: Readonly<Ref<boolean>>
  /** Newest first, without their samples. */
  readonly past: Readonly<Ref<readonly DrillRun[]>>
  readonly isAsked: Ref<boolean>
  /** What a file says; undefined where it is refused, which a notice tells. */
  read(choice: DrillChoice): Promise<DrillSummary | undefined>
  run(choice: DrillChoice, seed: number | null, repair: DrillRepair): Promise<boolean>
  stop(): Promise<void>
  report(id: string, form: 'html' | 'json'): Promise<string | undefined>
}

/** As long as the calling component lives. */
export function useDrills(): Drills {
  const labs = useLabsStore()
  const bridge = useBridge()
  const shelf = shallowRef<readonly DrillSummary[]>([])
  const lab = computed(() => labs.lab?.spec.name)
  const current = useFollowed('drills/state', () => ({}), (item: DrillRun | null) => ({ value: item }))
  const runs = useQuestion(of => bridge.call('drills/runs', { lab: of }))
  const past = computed(() => runs.reply.value ?? [])
  const isRunning = computed(() => {
    const run = valueOf(current.value)
    return run !== null && run.phase !== 'over'
  })
  const isAsked = ref(false)

  async function load(): Promise<void> {
    shelf.value = (await labs.ask('drills/list', {}, 'drills/list')) ?? []
  }

  watch([lab, isRunning], () => runs.ask(), { immediate: true })
  void load()

  return {
    shelf, current, isRunning, past, isAsked,
    read: drill => labs.ask('drills/read', { drill }, 'drills/read'),
    async run(drill, seed, repair) {
      if (lab.value === undefined) return false
      isAsked.value = true
      const begun = await labs.ask('drills/run', { lab: lab.value, drill, seed, repair }, 'drills/run')
      isAsked.value = false
      return begun !== undefined
    },
    async stop() {
      if (lab.value !== undefined) await labs.ask('drills/stop', { lab: lab.value }, 'drills/stop')
    },
    async report(id, form) {
      return lab.value === undefined ? undefined : (await labs.ask('drills/report', { lab: lab.value, id, form }, 'drills/report'))?.text
    },
  }
}

/** What the faults of a drill would select now. */
export function useImpact(): Question<[choice: DrillChoice, seed: number | null], DrillImpact> {
  const bridge = useBridge()
  return useQuestion((lab, drill: DrillChoice, seed: number | null) => bridge.call('drills/preview', { lab, drill, seed }))
}

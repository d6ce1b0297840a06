/** The story of one object: followed live while a screen looks at it, or read from a file. */
import { type Ref, type ShallowRef, onScopeDispose, ref, shallowRef } from 'vue'
import { type Story, type StorySubject, storyFormat } from '../../electron/contract/stories.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { useLabsStore } from './labs.ts'

/** 'asked': the components are being told to record. */
export type StoryState = 'none' | 'asked' | 'live' | 'lost' | 'file'

export interface FollowedStory {
  readonly story: ShallowRef<Story | null>
  readonly state: Ref<StoryState>
  readonly problem: Ref<string | null>
  follow(kind: string, namespace: string | null, name: string): Promise<void>
  /** Applies a manifest and follows what it makes. */
  apply(manifest: string): Promise<void>
  /** Shows what another lab, or this one earlier, wrote to a file. */
  open(text: string): void
  stop(): void
}

export function useStory(): FollowedStory {
  const labs = useLabsStore()
  const bridge = useBridge()
  const story = shallowRef<Story | null>(null)
  const state = ref<StoryState>('none')
  const problem = ref<string | null>(null)
  let cancel: (() => void) | undefined
  let newest = 0

  function stop(): void {
    newest++
    cancel?.()
    cancel = undefined
    if (state.value !== 'file') state.value = story.value === null ? 'none' : 'lost'
  }

  async function begin(ask: (lab: string) => Promise<StorySubject>): Promise<void> {
    stop()
    const lab = labs.lab?.spec.name
    if (lab === undefined) return
    const mine = newest
    story.value = null
    state.value = 'asked'
    problem.value = null
    try {
      const subject = await ask(lab)
      if (mine !== newest) return
      cancel = bridge.follow('stories/follow', { lab, subject }, {
        item: item => {
          story.value = item
          state.value = 'live'
        },
        lost: () => { state.value = 'lost' },
        ended: error => {
          state.value = 'lost'
          problem.value = error?.message ?? null
        },
      })
    } catch (error) {
      if (mine !== newest) return
      state.value = 'none'
      problem.value = (error as Error).message
    }
  }

  onScopeDispose(stop)
  return {
    story, state, problem, stop,
    follow: (kind, namespace, name) => begin(lab => bridge.call('stories/find', { lab, kind, namespace, name })),
    apply: manifest => begin(lab => bridge.call('stories/apply', { lab, manifest })),
    open(text) {
      stop()
      const read = readStory(text)
      problem.value = read === null ? 'format' : null
      if (read === null) return
      story.value = read
      state.value = 'file'
    },
  }
}

/** Null: the file is no story of the format that this page knows. */
export function readStory(text: string): Story | null {
  try {
    const read = JSON.parse(text) as Partial<Story> | null
    return read?.format === storyFormat && Array.isArray(read.steps) && Array.isArray(read.objects) ? (read as Story) : null
  } catch {
    return null
  }
}

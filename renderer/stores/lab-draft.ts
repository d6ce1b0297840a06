/** The Lab file that is being written: its text is kept over a reload, and read by the lab host as `kubarium up -f` reads it. */
import { defineStore, storeToRefs } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { LabFileChoices, LabFileReading, LabSpec } from '../../electron/contract/labs.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type FieldPath, emptyLabFile, readValue, textOf, valueAt, writeValue } from '../lib/lab-document.ts'
import { useLabsStore } from './labs.ts'
import { useNoticesStore } from './notices.ts'
import { usePreferencesStore } from './preferences.ts'

/** A field that is typed into is read when its user pauses. */
const pauseMs = 200

export const useLabDraftStore = defineStore('lab-draft', () => {
  const bridge = useBridge()
  const labs = useLabsStore()
  const notices = useNoticesStore()
  const { labDraft } = storeToRefs(usePreferencesStore())
  const choices = shallowRef<LabFileChoices | null>(null)
  const read = shallowRef<{ readonly text: string; readonly reading: LabFileReading } | null>(null)
  const text = computed({ get: () => labDraft.value ?? emptyLabFile, set: value => { labDraft.value = value } })
  const value = computed(() => readValue(text.value))
  const problems = computed(() => read.value?.reading.problems ?? [])
  /** What the text as it stands now would make; null while it is wrong, or not read yet. */
  const spec = computed(() => (read.value?.text === text.value ? read.value.reading.spec : null))
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    const asked = text.value
    try {
      choices.value ??= await bridge.call('labs/file-choices', {})
      const reading = await bridge.call('labs/read-file', { text: asked })
      if (asked === text.value) read.value = { text: asked, reading }
    } catch (error) {
      notices.tell(error)
    }
  }
  watch(text, () => {
    clearTimeout(timer)
    timer = setTimeout(() => { void ask() }, pauseMs)
  })
  void ask()

  function at(path: FieldPath): unknown {
    return valueAt(value.value, path)
  }

  function put(path: FieldPath, given: unknown): void {
    text.value = writeValue(text.value, path, given)
  }

  function begin(from: LabSpec | null): void {
    text.value = from === null ? emptyLabFile : textOf(from)
  }

  /** Its course is shown in the lab's room. */
  async function create(title: string): Promise<string | null> {
    if (spec.value === null) return null
    const { name } = spec.value
    const reply = await labs.ask('labs/up', { spec: spec.value }, `lab ${name}`)
    if (reply === undefined) return null
    labs.choose(name)
    labs.followAction(reply.action, title, name)
    return name
  }

  return { text, value, choices, problems, spec, at, put, begin, create }
})

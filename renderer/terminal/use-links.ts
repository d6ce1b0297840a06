/** Which links a terminal's lines have now, and what becomes of one that is followed. */
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { kindId } from '../lib/kind-id.ts'
import { useKindsStore } from '../stores/kinds.ts'
import { useLabsStore } from '../stores/labs.ts'
import { useNoticesStore } from '../stores/notices.ts'
import { usePreferencesStore } from '../stores/preferences.ts'
import { useTerminalsStore } from '../stores/terminals.ts'
import { type Link, findLinks } from './find-links.ts'

export interface Links {
  of(line: string): readonly Link[]
  /** An object's room, or the address in a page of its own. */
  follow(link: Link): void
}

export function useLinks(terminal: string): Links {
  const kinds = useKindsStore()
  const labs = useLabsStore()
  const notices = useNoticesStore()
  const preferences = usePreferencesStore()
  const terminals = useTerminalsStore()
  const router = useRouter()
  const { t } = useI18n()

  /** The shell that Electron runs opens no foreign page: there the address is copied, for a browser. */
  function openAddress(address: string): void {
    if (window.open(address, '_blank', 'noopener') !== null || window.kubarium === undefined) return // with noopener a browser answers null, too
    void navigator.clipboard.writeText(address).then(() => { notices.tell(t('terminal.addressCopied', { address })) })
  }

  return {
    of: line => findLinks(line, { kinds: kinds.kinds, hosts: (labs.lab?.nodes ?? []).flatMap(({ address }) => (address === null ? [] : [address])) }),
    follow(link) {
      if ('address' in link) {
        openAddress(link.address)
        return
      }
      const { kind, name } = link
      if (kind.kind === 'Node' && kind.group === '' && labs.lab?.nodes.some(node => node.name === name) === true) {
        preferences.node = name
        void router.push({ name: 'machine' })
        return
      }
      void router.push({ name: 'resources', params: { kind: kindId(kind), namespace: kind.namespaced ? terminals.namespaceOf(terminal) : '-', object: name } })
    },
  }
}

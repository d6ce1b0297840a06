/** What terminals are called, in the user's language. */
import { useI18n } from 'vue-i18n'
import type { TerminalInfo } from '../../electron/contract/terminals.ts'
import { useTerminalsStore } from '../stores/terminals.ts'

export function useTerminalNames(): (terminal: TerminalInfo) => string {
  const { t } = useI18n()
  const store = useTerminalsStore()
  return ({ id, target }) => {
    switch (target.type) {
      case 'kubectl': {
        const namespace = store.namespaces.get(id)
        return namespace === undefined ? t('terminal.kubectl') : t('terminal.kubectlIn', { namespace })
      }
      case 'ssh':
        return t('terminal.ssh', { node: target.node })
      case 'console':
        return t('terminal.console', { node: target.node })
      case 'log':
        return t('terminal.log', { source: target.source })
      case 'exec':
        return t('terminal.exec', { pod: target.pod })
    }
  }
}

/** Texts of the logs screen. */
import { roomCatalogue } from '../../lib/room.ts'

export const logsTexts = roomCatalogue({
  en: {
    title: 'Logs', purpose: 'What each component and machine has written.',
    source: 'Show the log of', choose: 'Choose a component or node', follow: 'Keep the newest line in sight', empty: 'Nothing has been logged yet.', filter: 'Only lines with', lines: 'Log lines',
  },
  'zh-Hant': {
    title: '日誌', purpose: '每個元件和機器寫下了什麼。',
    source: '顯示誰的日誌', choose: '選擇元件或節點', follow: '保持最新一行可見', empty: '還沒有任何日誌。', filter: '只顯示含有這段文字的行', lines: '日誌內容',
  },
  'zh-Hans': {
    title: '日志', purpose: '每个组件和机器写下了什么。',
    source: '显示谁的日志', choose: '选择组件或节点', follow: '保持最新一行可见', empty: '还没有任何日志。', filter: '只显示含有这段文字的行', lines: '日志内容',
  },
})

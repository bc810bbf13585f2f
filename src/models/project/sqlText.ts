export { identifier, literal } from '../../core/sqlText.ts'

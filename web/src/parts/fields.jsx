import { useId } from 'react';

/**
 * An input with its label, a hint and what is wrong with it.
 * @param {{
 *   label: string, value: string, onChange: (value: string) => void, hint?: import('react').ReactNode, problem?: string, multiline?: boolean, mono?: boolean,
 *   options?: string[], rows?: number,
 * } & Pick<import('react').InputHTMLAttributes<HTMLInputElement>, 'type' | 'name' | 'autoComplete' | 'required' | 'maxLength' | 'placeholder' | 'autoFocus' | 'disabled'>} props
 */
export function Field({ label, value, onChange, hint, problem, multiline, mono, options, rows = 6, ...rest }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', problem ? `${id}-problem` : ''].filter(Boolean).join(' ') || undefined;
  const shared = {
    id,
    value,
    className: mono ? 'mono' : undefined,
    'aria-invalid': problem ? true : undefined,
    'aria-describedby': described,
    spellCheck: mono ? false : undefined,
    onChange: (/** @type {{ target: { value: string } }} */ event) => onChange(event.target.value),
  };
  const { name, required, maxLength, placeholder, disabled } = rest;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {multiline ? (
        <textarea {...shared} {...{ name, required, maxLength, placeholder, disabled }} rows={rows} />
      ) : (
        <input autoCapitalize="off" {...shared} {...rest} list={options ? `${id}-options` : undefined} />
      )}
      {options && (
        <datalist id={`${id}-options`}>
          {options.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p className="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/**
 * One of a few, side by side.
 * @template {string} T
 * @param {{ legend: string, value: T, options: [T, string][], onChange: (value: T) => void }} props
 */
export function Choice({ legend, value, options, onChange }) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend>{legend}</legend>
      <div className="choice-options">
        {options.map(([one, text]) => (
          <label key={one}>
            <input type="radio" name={name} value={one} checked={value === one} onChange={() => onChange(one)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

import { useEffect } from 'react';
import toast, { ToastBar, Toaster } from 'react-hot-toast';
import { TOASTERS } from '../pure/alert.js';
import { Icon } from './icons.jsx';

/** The places where alerts show: over the whole window, and each of the named ones. */
export function Toasts() {
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKey = (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      toast.dismissAll();
      for (const id of TOASTERS) toast.dismissAll(id);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <Place />
      {TOASTERS.map((id) => (
        <Place key={id} id={id} />
      ))}
    </>
  );
}

/** @param {{ id?: string }} props */
function Place({ id }) {
  return (
    <Toaster toasterId={id} containerClassName={id ? `place-${id}` : 'place'}>
      {(one) => (
        <ToastBar toast={one} position={one.position ?? 'top-center'}>
          {({ icon, message }) => (
            <>
              {icon}
              {message}
              <button type="button" className="dismiss" aria-label="Dismiss" onClick={() => toast.dismiss(one.id, id)}>
                <Icon name="close" />
              </button>
            </>
          )}
        </ToastBar>
      )}
    </Toaster>
  );
}

// wheel.js: a wheel to point at a colour. The sliders beside it are its keyboard and its words.
const part = (form, name) => form.querySelector(`[data-part=${name}]`);

function draw(form, wheel, thumb) {
	const hue = Number(part(form, 'hue').value) / 100, saturation = Number(part(form, 'saturation').value) / 100;
	const angle = hue * 2 * Math.PI - Math.PI / 2;
	thumb.style.left = `${50 + 50 * saturation * Math.cos(angle)}%`;
	thumb.style.top = `${50 + 50 * saturation * Math.sin(angle)}%`;
	thumb.style.backgroundColor = `hsl(${hue * 360} ${saturation * 100}% ${100 - 50 * saturation}%)`;
}

function point(form, wheel, event) {
	const box = wheel.getBoundingClientRect();
	const x = (event.clientX - box.left) / box.width * 2 - 1, y = (event.clientY - box.top) / box.height * 2 - 1;
	const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1.25) % 1;
	part(form, 'hue').value = Math.round(turn * 100);
	part(form, 'saturation').value = Math.round(Math.min(1, Math.hypot(x, y)) * 100);
}

// Put one into the form; chosen is called when the pointer is lifted.
export function colourWheel(form, chosen) {
	if (form.querySelector('.wheel'))
		return;
	const wheel = document.createElement('div'), thumb = document.createElement('div');
	wheel.className = 'wheel';
	thumb.className = 'thumb';
	wheel.setAttribute('aria-hidden', 'true');
	wheel.append(thumb);
	form.querySelector('.colour').prepend(wheel);
	const move = (event) => {
		point(form, wheel, event);
		draw(form, wheel, thumb);
	};
	wheel.addEventListener('pointerdown', (event) => {
		wheel.setPointerCapture(event.pointerId);
		move(event);
	});
	wheel.addEventListener('pointermove', (event) => {
		if (wheel.hasPointerCapture(event.pointerId))
			move(event);
	});
	wheel.addEventListener('pointerup', () => chosen());
	form.addEventListener('input', () => draw(form, wheel, thumb));
	form.addEventListener('shown', () => draw(form, wheel, thumb));
	draw(form, wheel, thumb);
}

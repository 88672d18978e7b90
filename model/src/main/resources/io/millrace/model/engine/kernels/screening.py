  # Certified screening finds, at the cost of 8-bit products, nearly all terms that have no weight, and never one that has.
  #
  # Legend: x a row of states [H], e a term's row of the projection [H], m the mean of rows, T [H, H] a change of basis and
  # f = inv(T)' e the term in it, so that
  #   x.e = m.e + (x - m).e = m.e + T(x - m).f
  # With k = T(x - m) / s (s a fixed step), q = k rounded to integers on the first axes, and f = r p + d on them (p integers,
  # r a scale of the term),
  #   T(x - m).f <= s (r q.p + |q| |d| + |k - q| |f| + |rest of k| |rest of f|)         (Cauchy-Schwarz, three times)
  # The three products of norms become three more columns of q and p, rounded up. So one product of integers bounds a logit,
  # row by row, and a term is dead for a text if no row's bound reaches above zero. That product leaves as one byte a cell:
  # scaled by s r / (-2 m.e - 2 bias) it is above a half, and its byte above 0, exactly where the bound is above zero.
  #
  # What fp32 rounds on the way, here and in a full product of x and e, is bounded by n u times the norms (n terms of a sum,
  # u = 2^-24; Higham 2002, section 3.1) and added. An axis of T(x - m) is off by n u |T's row| |x - m| at most, which f's
  # entry there multiplies: summed over the axes that is less than by the norms of T and f, by up to the root of H.
  #
  # Where vectors are rounded anyway, the three bounds are multiplied by shares below 1 that errors stay below with so many
  # standard deviations. Then a term that has a weight is lost now and then, if that is small.

  # How far sums of products of bytes are off: 0 where the CPU adds them up exactly.
  def bytes_lost(self: __torch__.Kernels) -> Tensor:
    none = annotate(List[Optional[number]], [])
    signs = torch.sub(torch.mul(torch.remainder(torch.arange(64), 2), 2), 1)
    p = torch.mul(torch.cat([torch.ones([8, 64]), torch.expand(torch.unsqueeze(torch.to(signs, 6), 0), [8, 64])]), 127.)
    packed = ops.onednn.qlinear_prepack(torch.to(p, 1), None)
    q = torch.cat([torch.full([16, 64], 255.), torch.full([16, 64], 0.)])
    y = ops.onednn.qlinear_pointwise(torch.to(torch.to(q, 2), 0), 1., 128, packed, torch.ones([16]),
        torch.zeros([16], dtype=3), None, 1., 0, 6, "none", none, "")
    return torch.amax(torch.abs(y - torch.matmul(q - 128., torch.t(p))))

  # Some rows of a projection [V, H], evenly spread: [S, H] in fp32, about `count` of them.
  def some_terms(self: __torch__.Kernels, projection: Tensor, count: int) -> Tensor:
    v = torch.size(projection, 0)
    return torch.to(torch.slice(projection, 0, 0, v, v // count + 1), 6)

  # Rows [R, H] that a basis is made for, and others, a quarter, that tell how it suits rows it was not made for.
  def apart(self: __torch__.Kernels, sample: Tensor) -> Tuple[Tensor, Tensor]:
    rows = torch.size(sample, 0)
    first = rows - rows // 4
    return (torch.slice(sample, 0, 0, first), torch.slice(sample, 0, torch.remainder(first, rows)))

  # Mean [H] of the first part of sample rows [R, H], see apart(), and T and its inverse [H, H] for them: balanced as in model
  # reduction (Moore 1981), so that rows and terms have the same second moments along the axes, falling, and what the last
  # axes add to a product is small.
  def balanced_basis(self: __torch__.Kernels, projection: Tensor, sample: Tensor) -> List[Tensor]:
    fit, others = (self).apart(sample)
    h = torch.size(fit, 1)
    m = torch.mean(fit, [0])
    x = torch.to(fit - m, 7)
    rows = torch.matmul(torch.t(x), x) / torch.size(x, 0)
    e = (self).some_terms(projection, 8192)
    terms = torch.to(torch.matmul(torch.t(e), e), 7) / torch.size(e, 0)
    # Layer norms leave a direction that rows do not vary along; a little in all directions keeps T invertible.
    one = torch.eye(h, dtype=7)
    rows = rows + one * (torch.trace(rows) * 1.0e-3 / h + 1.0e-30)
    terms = terms + one * (torch.trace(terms) * 1.0e-4 / h + 1.0e-30)
    lower = torch.linalg_cholesky(rows)
    values, vectors = torch.linalg_eigh(torch.matmul(torch.t(lower), torch.matmul(terms, lower)))
    values = torch.clamp(torch.flip(values, [0]), 1.0e-30)
    vectors = torch.flip(vectors, [1])
    root = torch.pow(values, 0.25)
    t = torch.matmul(torch.t(vectors * root), torch.linalg_inv(lower))
    inverse = torch.matmul(lower, vectors / root)
    return [m, torch.to(t, 6), torch.to(inverse, 6)]

  # Rows k [N, H] in steps as integers on the first axes [N, axes + 1], and their three columns [N, 3]. The axis `wide`, the
  # one with the largest values, takes two columns, so that a step is half as large and yet they fit: its halves add up.
  #
  # reach [N]: |x - m| in steps, as large as |k| is about.
  def columns(self: __torch__.Kernels, k: Tensor, reach: Tensor, axes: int, wide: int) -> Tuple[Tensor, Tensor]:
    first = torch.slice(k, 1, 0, axes)
    q = torch.round(first)
    whole = torch.clamp(torch.slice(q, 1, wide, wide + 1), -254., 254.)
    half = torch.round(whole * 0.5)
    q = torch.clamp_(q, -127., 127.)
    _0 = torch.copy_(torch.slice(q, 1, wide, wide + 1), whole)
    off = torch.norm(first - q, 2, [1])
    _1 = torch.copy_(torch.slice(q, 1, wide, wide + 1), half)
    rest = torch.norm(torch.slice(k, 1, axes), 2, [1])
    columns = torch.stack([rest, off, torch.maximum(torch.norm(k, 2, [1]) + off, reach)], 1) * 1.001
    return (torch.cat([q, whole - half], 1), columns)

  # Shares of the three bounds [3] that count: all of them, or what errors stay below with so many standard deviations.
  # k [R, H], f [S, H]: some rows and terms in the basis. deviations: 0 for all.
  def shares(self: __torch__.Kernels, k: Tensor, f: Tensor, axes: int, deviations: float) -> Tensor:
    shares = torch.ones([3])
    if deviations > 0:
      # Errors of rounding are as good as random: the product of two such vectors is their norms' over the root of axes.
      shares = shares * torch.clamp(torch.tensor(deviations / axes ** 0.5), 0., 1.)
      seen = torch.ones([1])
      if torch.size(k, 1) > axes:
        rest = torch.slice(torch.slice(k, 0, 0, 128), 1, axes)
        along = torch.slice(f, 1, axes)
        norms = torch.norm(rest, 2, [1], True) * torch.norm(along, 2, [1])
        seen = torch.sqrt(torch.mean(torch.square(torch.linear(rest, along) / torch.clamp(norms, 1.0e-30))))
      else:
        pass
      shares = torch.cat([torch.clamp(torch.reshape(seen * deviations, [1]), 0., 1.), torch.slice(shares, 0, 1)])
    else:
      pass
    return shares

  # How many terms a text of 128 rows would leave, by the bounds to expect.
  # k: T(x - m) of sample rows; f [S, H], base [S]: some terms in the basis, and their m.e + bias. deviations: see shares().
  def survivors(self: __torch__.Kernels, k: Tensor, f: Tensor, base: Tensor, axes: int, deviations: float) -> float:
    shares = (self).shares(k, f, axes, deviations)
    first = torch.slice(k, 1, 0, axes)
    along = torch.slice(f, 1, 0, axes)
    # Rounding to a step is off by its 12th's root on each axis.
    off = (axes / 12.) ** 0.5 / 127.
    step = torch.amax(torch.abs(first)) * off * shares[1]
    scales = torch.amax(torch.abs(along), [1]) * off * shares[2]
    left = 0
    texts = torch.clamp(torch.tensor(torch.size(k, 0) // 128), 1, 4)
    for i in range(int(texts)):
      rows = torch.slice(first, 0, 128 * i, 128 * (i + 1))
      rest = torch.norm(torch.slice(torch.slice(k, 0, 128 * i, 128 * (i + 1)), 1, axes), 2, [1], True) * shares[0]
      bound = torch.linear(rows, along) + torch.norm(rows, 2, [1], True) * scales + step * torch.norm(along, 2, [1])
      bound = bound + rest * torch.norm(torch.slice(f, 1, axes), 2, [1])
      left = left + int(torch.sum(torch.gt(torch.amax(bound, [0]) + base, 0)))
    return left / float(texts)

  # Axes of the balanced basis to form products on, or 0 if it is better left alone, by the time of a text of 128 rows in
  # products of 8-bit integers. Measured on a Zen core with AVX-512: a term costs as much as 25 columns before it has any, an
  # fp32 product 4 times as much, a survivor 12 products of its width.
  # basis: from balanced_basis() of the same sample. deviations: see shares().
  def axes_worth(self: __torch__.Kernels, projection: Tensor, bias: Tensor, sample: Tensor, basis: List[Tensor],
      deviations: float) -> int:
    h = torch.size(projection, 1)
    v = torch.size(projection, 0)
    m = basis[0]
    fit, others = (self).apart(sample)
    x = others - m
    every = v // 4096 + 1
    e = (self).some_terms(projection, 4096)
    base = torch.slice(bias, 0, 0, v, every) + torch.mv(e, m)
    best = 0
    least = 1. * v * (h + 29) + 20. * h * every * (self).survivors(x, e, base, h, deviations)
    k = torch.linear(x, basis[1])
    f = torch.matmul(e, basis[2])
    for i in range(13):
      axes = h * (4 + i) // 16 // 8 * 8 - 4
      if axes > 0:
        cost = 1. * v * (axes + 29) + 20. * h * every * (self).survivors(k, f, base, axes, deviations) + 4. * h * h
        if cost < least:
          least = cost
          best = axes
        else:
          pass
      else:
        pass
    return best

  # What screening needs, from the projection [V, H], the bias [V] of its logits, and sample rows of states [R, H].
  #
  # basis, axes: see axes_worth(); no basis and 0 to leave it alone. tile: terms of a product. deviations: see shares().
  # Result: 0 T / s packed, or 1 / s if the basis is left alone; 1 -T m / s; 2 terms that are alive whatever a row is;
  # 3 factors of the three columns; 4 the axis of two columns; 5 m; 6 one by the length of a step; then for each tile of
  # terms: p packed, scale, shift.
  def screen(self: __torch__.Kernels, projection: Tensor, bias: Tensor, sample: Tensor, basis: List[Tensor], axes: int,
      tile: int, deviations: float) -> List[Tensor]:
    h = torch.size(projection, 1)
    v = torch.size(projection, 0)
    u = 5.9604644775390625e-08 * (h + 8)
    if axes > 0:
      fit, others = (self).apart(sample)
      m = basis[0]
      t = basis[1]
      inverse = basis[2]
      k = torch.linear(sample, t, -torch.mv(t, m))
      seen = torch.linear(others, t, -torch.mv(t, m))
      first = axes
      # What an axis is off by at most, over n u |x - m|.
      stray = torch.norm(t, 2, [1])
      # Lengths of states and of what they are in the basis differ; the third column bounds both.
      back = torch.mean(torch.norm(sample - m, 2, [1])) / torch.clamp(torch.mean(torch.norm(k, 2, [1])), 1.0e-30)
    else:
      m = torch.mean(sample, [0])
      t = torch.ones([1])
      inverse = t
      k = sample - m
      seen = k
      first = h
      stray = t
      back = t
    f = (self).some_terms(projection, 4096)
    if axes > 0:
      f = torch.matmul(f, inverse)
    else:
      pass
    shares = (self).shares(seen, f, first, deviations)
    ranges = torch.amax(torch.abs(torch.slice(k, 1, 0, first)), [0])
    wide = int(torch.argmax(ranges))
    ranges = torch.index_put(ranges, [torch.tensor(wide)], torch.amax(ranges) * 0.5)
    # A tenth is left for rows beyond the sample.
    s = torch.clamp(torch.amax(ranges) * 1.1 / 127., 1.0e-30)
    unit = torch.reciprocal(s * back)
    q, columns = (self).columns(k / s, torch.norm(sample - m, 2, [1]) * unit, first, wide)
    # And of the columns two thirds; of the second nine tenths, because one value beyond the steps makes it many times as
    # large.
    factors = torch.reciprocal(torch.clamp(torch.amax(columns, [0]), 1.0e-30)) * torch.tensor([42., 12., 42.])
    if axes > 0:
      result = [(self).pack(t / s), -torch.mv(t, m) / s]
    else:
      result = [torch.reciprocal(s) * t, -m / s]
    alive = annotate(List[Tensor], [])
    tiles = annotate(List[Tensor], [])
    for i in range((v + tile - 1) // tile):
      end = ops.prim.min(v, (i + 1) * tile)
      rounded = annotate(List[Tensor], [])
      scales = annotate(List[Tensor], [])
      shifts = annotate(List[Tensor], [])
      # A thousand terms at a time, because what is made on the way takes ten times the room of the terms.
      for j in range((end - i * tile + 1023) // 1024):
        begin = i * tile + 1024 * j
        stop = ops.prim.min(end, begin + 1024)
        e = torch.to(torch.slice(projection, 0, begin, stop), 6)
        length = torch.norm(e, 2, [1])
        if axes > 0:
          f = torch.matmul(e, inverse)
          strayed = torch.mv(torch.abs(f), stray)
          lost = torch.norm(e - torch.matmul(f, t), 2, [1]) + u * strayed
          rounding = u * (strayed + length)
        else:
          f = e
          lost = torch.zeros_like(length)
          rounding = u * 2. * length
        kept = torch.slice(f, 1, 0, first)
        rest = torch.norm(torch.slice(f, 1, first), 2, [1]) / factors[0]
        along = torch.norm(kept, 2, [1])
        most = torch.maximum(torch.amax(torch.abs(kept), [1]), torch.maximum(rest, along / factors[1]))
        r = torch.clamp(most / 126., 1.0e-30)
        p = torch.round(kept / torch.unsqueeze(r, 1))
        off = torch.norm(kept - p * torch.unsqueeze(r, 1), 2, [1]) + u * along
        # |x| <= |x - m| + |m|.
        third = (off + back * (lost + rounding)) / factors[2]
        slack = torch.stack([rest, along / factors[1], third], 1) / torch.unsqueeze(r, 1)
        slack = torch.ceil(slack * shares * 1.001)
        b = torch.slice(bias, 0, begin, stop)
        base = torch.mv(e, m) + b + torch.norm(m) * (2. * rounding + u * length) + u * torch.abs(b) + 1.0e-12
        dead = torch.logical_and(torch.le(torch.amax(slack, [1]), 127.), torch.lt(base, 0.))
        _0 = torch.append(alive, torch.squeeze(torch.nonzero(torch.logical_not(dead)), 1) + begin)
        p = torch.cat([p, torch.slice(p, 1, wide, wide + 1), torch.clamp(slack, 0., 127.)], 1)
        # Bytes are q + 128, so products are 128 sum(p) too large: up to 255 x 127 a column, of whose sum fp32 rounds a
        # 2^22nd.
        spare = torch.sum(p, [1]) * -128. + 1. + torch.size(p, 1) * 0.0078
        _1 = torch.append(rounded, torch.to(p, 1))
        scale = torch.clamp(s * r * 0.50001 / torch.clamp(-base, 1.0e-12), 0., 1.0e30)
        scale = torch.where(dead, scale, torch.zeros_like(scale))
        _2 = torch.append(scales, scale)
        _8 = torch.append(shifts, scale * spare)
      _9 = torch.append(tiles, ops.onednn.qlinear_prepack(torch.cat(rounded), None))
      _10 = torch.append(tiles, torch.cat(scales))
      _11 = torch.append(tiles, torch.cat(shifts))
    _3 = torch.append(result, torch.cat(alive))
    _4 = torch.append(result, factors)
    _5 = torch.append(result, torch.tensor(wide))
    _6 = torch.append(result, m)
    _7 = torch.append(result, unit)
    return torch.add(result, tiles)

  # Which terms may live in which text, [B, V] bytes, above 0 where they may; and which texts have a row that is NaN or
  # beyond what the columns hold [B], of whose terms nothing is said.
  #
  # x [N, H] states; rows [B * T]: see mlm_max; screen: from screen().
  def may_live(self: __torch__.Kernels, x: Tensor, rows: Tensor, texts: int,
      screen: List[Tensor]) -> Tuple[Tensor, Tensor]:
    none = annotate(List[Optional[number]], [])
    if torch.numel(screen[0]) > 1:
      k = (self).packed_linear(x, screen[0], screen[1])
    else:
      k = torch.add_(torch.mul(x, screen[0]), screen[1])
    # A packed weight is [in, out].
    reach = torch.norm(x - screen[5], 2, [1]) * screen[6]
    q, columns = (self).columns(k, reach, torch.size(screen[7], 0) - 4, int(screen[4]))
    columns = torch.ceil(columns * screen[3])
    beyond = torch.logical_not(torch.le(torch.amax(columns, [1]), 127.))
    beyond = torch.any(torch.view(torch.index_select(beyond, 0, rows), [texts, -1]), 1)
    q = torch.add_(torch.cat([q, torch.clamp_(columns, 0., 127.)], 1), 128.)
    q = torch.index_select(torch.to(torch.to(q, 2), 0), 0, rows)
    maxima = annotate(List[Tensor], [])
    for i in range((torch.len(screen) - 7) // 3):
      scale = screen[8 + 3 * i]
      zeros = torch.zeros([torch.size(scale, 0)], dtype=3)
      y = ops.onednn.qlinear_pointwise(q, 1., 0, screen[7 + 3 * i], scale, zeros, screen[9 + 3 * i], 1., 0, 0, "none", none,
          "")
      _0 = torch.append(maxima, torch.amax(torch.view(y, [texts, -1, torch.size(y, 1)]), [1]))
    alive = torch.cat(maxima, 1)
    if torch.numel(screen[2]) > 0:
      alive = torch.index_fill_(alive, 1, screen[2], 1)
    else:
      pass
    return (alive, beyond)

  # Rows [B * T] as mlm_max takes them, with T up to a multiple of 16: the first of each text again. MKL's products of fp32
  # have the same bits whatever their shape is, if both sides are multiples of 16; below, small shapes go other ways.
  def sixteens(self: __torch__.Kernels, rows: Tensor, texts: int) -> Tensor:
    cells = torch.view(rows, [texts, -1])
    spare = torch.remainder(-torch.size(cells, 1), 16)
    first = torch.expand(torch.slice(cells, 1, 0, 1), [texts, spare])
    return torch.reshape(torch.cat([cells, first], 1), [-1])

  # What mlm_max computes, to the bit what mlm_screened does: for texts of which it leaves too much.
  def mlm_unscreened(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, texts: int, transform: List[Tensor],
      epsilon: float, activation: str, projection: Tensor, bias: Tensor, scale: float, shift: float,
      logarithms: int) -> Tuple[Tensor, Tensor, Tensor]:
    x = (self).transform(hidden, transform, epsilon, activation)
    x = torch.t(torch.index_select(x, 0, (self).sixteens(rows, texts)))
    v = torch.size(projection, 0)
    maxima = annotate(List[Tensor], [])
    for i in range((v + 1023) // 1024):
      e = torch.to(torch.slice(projection, 0, 1024 * i, 1024 * (i + 1)), 6)
      terms = torch.size(e, 0)
      spare = torch.remainder(-terms, 16)
      if spare > 0:
        e = torch.constant_pad_nd(e, [0, 0, 0, spare], 0)
      else:
        pass
      y = torch.amax(torch.view(torch.mm(e, x), [terms + spare, texts, -1]), [2])
      _0 = torch.append(maxima, torch.slice(y, 0, 0, terms))
    y = torch.contiguous(torch.t(torch.cat(maxima, 0))) + bias
    return (self).sparse((self).saturated(y, scale, shift, logarithms))

  # What mlm_max computes, but terms are screened first, and only those that may live are computed.
  #
  # limit: most terms that a text may keep; one that keeps more gets none here, and is left to mlm_unscreened.
  # Result as of mlm_max, and how many terms each text kept [B], or -1 where it is left.
  def mlm_screened(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, texts: int, transform: List[Tensor],
      epsilon: float, activation: str, projection: Tensor, bias: Tensor, scale: float, shift: float, logarithms: int,
      screen: List[Tensor], limit: int) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    x = (self).transform(hidden, transform, epsilon, activation)
    alive, left = (self).may_live(x, rows, texts, screen)
    at = torch.nonzero(alive)
    kept = torch.bincount(torch.select(at, 1, 0), None, texts)
    left = torch.logical_or(left, torch.gt(kept, limit))
    if bool(torch.any(left)):
      at = torch.nonzero(torch.masked_fill(alive, torch.unsqueeze(left, 1), 0))
      kept = torch.bincount(torch.select(at, 1, 0), None, texts)
    else:
      pass
    widest = int(torch.amax(kept))
    if widest == 0:
      counts = torch.to(kept, 3)
      ids = torch.zeros([0], dtype=3)
      weights = torch.zeros([0])
    else:
      # Terms of each text [B, widest], up to a multiple of 16, and term 0 in the places of texts with fewer.
      widest = (widest + 15) // 16 * 16
      text = torch.select(at, 1, 0)
      place = torch.arange(torch.size(at, 0)) - torch.index_select(torch.cumsum(kept, 0) - kept, 0, text)
      terms = torch.zeros([texts * widest], dtype=4)
      terms = torch.index_copy_(terms, 0, text * widest + place, torch.select(at, 1, 1))
      e = torch.view(torch.to(torch.index_select(projection, 0, terms), 6), [texts, widest, -1])
      x = torch.view(torch.index_select(x, 0, (self).sixteens(rows, texts)), [texts, -1, torch.size(x, 1)])
      y = torch.amax(torch.bmm(e, torch.transpose(x, 1, 2)), [2])
      y = y + torch.view(torch.index_select(bias, 0, terms), [texts, widest])
      y = (self).saturated(y, scale, shift, logarithms)
      spare = torch.ge(torch.unsqueeze(torch.arange(widest), 0), torch.unsqueeze(kept, 1))
      counts, places, weights = (self).sparse(torch.masked_fill(y, spare, 0.))
      owner = torch.repeat_interleave(torch.to(counts, 4)) * widest
      ids = torch.to(torch.index_select(terms, 0, owner + places), 3)
    return (counts, ids, weights, torch.masked_fill(torch.to(kept, 3), left, -1))

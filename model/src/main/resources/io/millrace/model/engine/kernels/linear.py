  # A linear layer is three slots of a flat list, [weight, scale, bias], of which the last two may be empty (no elements).
  # What lies in the weight's slot says how to compute:
  #   packed for oneDNN, fp32 or bf16: weight only
  #   packed for oneDNN, 8-bit: scale [out] in fp32, or [out + 1] whose last is the least value that inputs take
  #   plain [out, in], fp32, bf16 or fp16: weight only; where packing would double a table that is also looked up, or off the
  #   CPU
  #   plain bytes: 4-bit, see quantise4
  # Rows are scaled one by one, never together, and all sums of a row are formed in the same order however many rows there
  # are, so a row's result does not depend on its company.

  # A linear weight [out, in] in oneDNN's blocked layout.
  def pack(self: __torch__.Kernels, weight: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(weight)

  # The three slots of a layer in floating point, from its fp32 weight [out, in] and bias [out], or an empty one.
  def pack_float(self: __torch__.Kernels, weight: Tensor, bias: Tensor, precision: str,
      packed: bool) -> Tuple[Tensor, Tensor, Tensor]:
    type = 6
    if precision == "bf16":
      type = 15
    else:
      pass
    if precision == "fp16":
      type = 5
    else:
      pass
    w = torch.to(weight, type)
    b = torch.to(bias, type)
    if packed:
      w = (self).pack(w)
    else:
      pass
    return (w, torch.zeros([0]), b)

  # The three slots of a layer in 8-bit integers, symmetric, one scale an output. floor [1] is the least value of inputs, or
  # empty where there is none: with one, all 256 steps of an input lie above it, instead of 127 either side of zero.
  def pack_int8(self: __torch__.Kernels, weight: Tensor, bias: Tensor,
      floor: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    scale = torch.clamp(torch.amax(torch.abs(weight), [1], True) / 127., 1.0e-30)
    quantised = torch.round(weight / scale)
    scale = torch.squeeze(scale, 1)
    if torch.numel(floor) > 0:
      b = torch.sum(quantised, [1]) * scale * floor
      if torch.numel(bias) > 0:
        b = b + bias
      else:
        pass
    else:
      b = bias
    return (ops.onednn.qlinear_prepack(torch.to(quantised, 1), None), torch.cat([scale, floor]), b)

  # Rows of x [N, in] as bytes 1 to 255, 128 for zero, and the value of a step [N, 1]. By way of 16 bits, because libtorch
  # converts fp32 to them, and them to bytes, in vectors; the half makes the conversion, which cuts off, round.
  def bytes_of(self: __torch__.Kernels, x: Tensor) -> Tuple[Tensor, Tensor]:
    most = torch.clamp_min_(torch.amax(torch.abs(x), [1], True), 1.0e-30)
    middle = torch.full([torch.size(x, 1)], 128.5)
    q = torch.addcmul(middle, x, torch.reciprocal(most) * 127.)
    return (torch.to(torch.to(q, 2), 0), most * 0.007874015748031496)

  # Rows of x [N, in] as bytes 0 to 255, 0 for floor [1], and the value of a step [N, 1].
  def bytes_above(self: __torch__.Kernels, x: Tensor, floor: Tensor) -> Tuple[Tensor, Tensor]:
    range = torch.clamp_min_(torch.amax(x, [1], True) - floor, 1.0e-30)
    steps = torch.reciprocal(range) * 255.
    q = torch.add_(torch.mul(x, steps), 0.5 - steps * floor)
    return (torch.to(torch.to(q, 2), 0), range * 0.00392156862745098)

  # y [N, out] times step [N, 1], plus a bias [out] or an empty one, in place.
  def rescale(self: __torch__.Kernels, y: Tensor, step: Tensor, bias: Tensor) -> Tensor:
    if torch.numel(bias) > 0:
      z = torch.addcmul(bias, y, step, value=1, out=y)
    else:
      z = torch.mul_(y, step)
    return z

  # x [N, in] in fp32 times an 8-bit weight: [N, out] in fp32. Products are exact integers, so only x and the weight round.
  def linear_int8(self: __torch__.Kernels, x: Tensor, weight: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    out = torch.size(weight, 1)
    zeros = torch.zeros([out], dtype=3)
    none = annotate(List[Optional[number]], [])
    if torch.numel(scale) > out:
      q, step = (self).bytes_above(x, torch.slice(scale, 0, out))
      zero = 0
    else:
      q, step = (self).bytes_of(x)
      zero = 128
    y = ops.onednn.qlinear_pointwise(q, 1., zero, weight, torch.slice(scale, 0, 0, out), zeros, None, 1., 0, 6, "none",
        none, "")
    return (self).rescale(y, step, bias)

  # A weight [out, in] in 4 bits: each output has a scale r in fp32, each group of 32 inputs of an output a step m and an
  # offset c in 8-bit integers, each weight a number q of 0 to 15, and w = r (m q + c), where m q + c fits 8 bits. So the
  # product is one of 8-bit integers. Clipping the group's range a little often loses less than it saves: the best of several
  # steps is taken, by squared error, each input counted by importance [in].
  #
  # bytes [in / 2 + in / 16, out]: inputs of the first half in the low bits and of the second, less 8, in the high ones,
  # then m, then c, group by group; scale [out].
  def quantise4(self: __torch__.Kernels, weight: Tensor, importance: Tensor) -> Tuple[Tensor, Tensor]:
    inputs = torch.size(weight, 1)
    out = torch.size(weight, 0)
    scale = torch.clamp(torch.amax(torch.abs(weight), [1], True) / 127., 1.0e-30)
    u = torch.view(torch.contiguous(torch.t(weight / scale)), [inputs // 32, 32, out])
    counted = torch.view(importance, [inputs // 32, 32, 1])
    least = torch.amin(u, [1], True)
    most = torch.amax(u, [1], True)
    middle = (least + most) / 2.
    m = torch.ones([inputs // 32, 1, out])
    c = torch.zeros([inputs // 32, 1, out])
    error = torch.full([inputs // 32, 1, out], inf)
    for i in range(32):
      step = (most - least) * (1. - 0.04 * (i // 2)) / 15.
      if torch.remainder(i, 2) == 0:
        step = torch.floor(step)
      else:
        step = torch.ceil(step)
      step = torch.clamp(step, 1, 16)
      # 15 m + c <= 127 and c >= -127.
      offset = torch.minimum(torch.clamp(torch.round(middle - step * 7.5), -127, 127), -step * 15. + 127.)
      q = torch.clamp(torch.round((u - offset) / step), 0, 15)
      lost = torch.sum(torch.square(q * step + offset - u) * counted, [1], True)
      better = torch.lt(lost, error)
      error = torch.where(better, lost, error)
      m = torch.where(better, step, m)
      c = torch.where(better, offset, c)
    q = torch.view(torch.clamp(torch.round((u - c) / m), 0, 15), [inputs, out])
    halves = torch.slice(q, 0, 0, inputs // 2) + (torch.slice(q, 0, inputs // 2) - 8.) * 16.
    groups = torch.to(torch.cat([torch.squeeze(m, 1), torch.squeeze(c, 1)]), 1)
    return (torch.cat([torch.to(halves, 1), groups]), torch.squeeze(scale, 1))

  # The three slots of a layer in 4-bit integers.
  def pack_int4(self: __torch__.Kernels, weight: Tensor, bias: Tensor,
      importance: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    packed, scale = (self).quantise4(weight, importance)
    return (packed, scale, bias)

  # The 8-bit integers m q + c of a 4-bit weight: [in, out].
  def unpack4(self: __torch__.Kernels, packed: Tensor, inputs: int) -> Tensor:
    groups = inputs // 32
    halves = torch.slice(packed, 0, 0, inputs // 2)
    high = torch.add_(torch.bitwise_right_shift(halves, 4), 8)
    q = torch.view(torch.cat([torch.bitwise_and(halves, 15), high]), [groups, 32, -1])
    q = torch.mul_(q, torch.unsqueeze(torch.slice(packed, 0, inputs // 2, inputs // 2 + groups), 1))
    q = torch.add_(q, torch.unsqueeze(torch.slice(packed, 0, inputs // 2 + groups), 1))
    return torch.view(q, [inputs, -1])

  # x [N, in] in fp32 times a 4-bit weight: [N, out] in fp32. x is rounded to 8 bits, by row.
  def linear_int4(self: __torch__.Kernels, x: Tensor, packed: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    most = torch.clamp_min_(torch.amax(torch.abs(x), [1], True), 1.0e-30)
    q = torch.round_(torch.mul(x, torch.reciprocal(most) * 127.))
    step = most * 0.007874015748031496
    y = torch._int_mm(torch.to(q, 1), (self).unpack4(packed, torch.size(x, 1)))
    return (self).rescale(torch.mul_(torch.to(y, 6), scale), step, bias)

  # x [N, in] times a packed weight [out, in], plus bias [out]: [N, out].
  def packed_linear(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    none = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", none, "")

  # x [N, in] through the layer in slots k to k + 2: [N, out], in bf16 where the weight is, else in fp32.
  def linear(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int) -> Tensor:
    weight = weights[k]
    type = ops.prim.dtype(weight)
    bias = annotate(Optional[Tensor], None)
    if torch.numel(weights[k + 2]) > 0:
      bias = weights[k + 2]
    else:
      pass
    if torch.__and__(type == 1, ops.prim.is_mkldnn(weight)):
      y = (self).linear_int8(torch.to(x, 6), weight, weights[k + 1], weights[k + 2])
    elif type == 1:
      y = (self).linear_int4(torch.to(x, 6), weight, weights[k + 1], weights[k + 2])
    elif ops.prim.is_mkldnn(weight):
      y = (self).packed_linear(torch.to(x, type), weight, bias)
    else:
      y = torch.linear(torch.to(x, type), weight, bias)
    return y

  # linear() with an fp32 result, which Java can read.
  def linear_fp32(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int) -> Tensor:
    return torch.to((self).linear(x, weights, k), 6)

  # The same, and an activation after it. oneDNN applies it to products while they are in registers.
  def linear_activated(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int, activation: str) -> Tensor:
    weight = weights[k]
    type = ops.prim.dtype(weight)
    if torch.__and__(ops.prim.is_mkldnn(weight), type != 1):
      bias = annotate(Optional[Tensor], None)
      if torch.numel(weights[k + 2]) > 0:
        bias = weights[k + 2]
      else:
        pass
      none = annotate(List[Optional[number]], [])
      if activation == "gelu":
        y = ops.mkldnn._linear_pointwise(torch.to(x, type), weight, bias, "gelu", none, "none")
      elif activation == "gelu_tanh":
        y = ops.mkldnn._linear_pointwise(torch.to(x, type), weight, bias, "gelu", none, "tanh")
      elif activation == "silu":
        y = ops.mkldnn._linear_pointwise(torch.to(x, type), weight, bias, "swish", none, "")
      else:
        y = ops.mkldnn._linear_pointwise(torch.to(x, type), weight, bias, "relu", none, "")
    else:
      y = (self).activate((self).linear(x, weights, k), activation)
    return y

  # An activation of x, which may be overwritten.
  def activate(self: __torch__.Kernels, x: Tensor, activation: str) -> Tensor:
    if activation == "gelu":
      y = torch.gelu_(x)
    elif torch.__and__(activation == "gelu_tanh", torch.is_grad_enabled()):
      # In place, as below, it has no gradient.
      y = torch.gelu(x, approximate="tanh")
    elif activation == "gelu_tanh":
      # x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which is x (1 + tanh(...)) / 2: libtorch's tanh takes twice the time.
      z = torch.to(x, 6)
      cubic = torch.add_(torch.mul_(torch.mul(z, z), 0.07135481282553533), 1.5957691216057308)
      y = torch.to(torch.mul_(torch.sigmoid_(torch.mul_(cubic, z)), z), ops.prim.dtype(x))
    elif activation == "silu":
      y = torch.silu_(x)
    else:
      y = torch.relu_(x)
    return y

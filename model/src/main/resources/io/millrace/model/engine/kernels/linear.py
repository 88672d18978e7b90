  # A linear weight [out, in] in oneDNN's blocked layout.
  def pack(self: __torch__.Kernels, weight: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(weight)

  # x [N, in] times a packed weight [out, in], plus bias [out]: [N, out].
  def linear(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    none = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", none, "")

  def activate(self: __torch__.Kernels, x: Tensor, activation: str) -> Tensor:
    if activation == "gelu":
      y = torch.gelu(x)
    elif activation == "gelu_tanh":
      y = torch.gelu(x, approximate="tanh")
    else:
      y = torch.relu(x)
    return y

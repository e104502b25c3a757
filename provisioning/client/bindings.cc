// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "provisioning/client/binding.h"

namespace msggw::client {

Bindings::Bindings(boost::asio::io_context& io, const Options& options,
                   const std::vector<base::Uri>& roots) {
  const auto is_coap = [](const base::Uri& root) { return base::is_coap(root.scheme); };
  if (std::any_of(roots.begin(), roots.end(), is_coap)) coap_ = make_coap_binding(io, options);
  if (!std::all_of(roots.begin(), roots.end(), is_coap)) http_ = make_http_binding(io, options);
}

Binding& Bindings::of(base::Scheme scheme) const {
  const auto& binding = base::is_coap(scheme) ? coap_ : http_;
  base::ensure(binding != nullptr, "there is a binding for every address");
  return *binding;
}

std::size_t Bindings::in_flight() const noexcept {
  return (http_ ? http_->in_flight() : 0) + (coap_ ? coap_->in_flight() : 0);
}

}  // namespace msggw::client

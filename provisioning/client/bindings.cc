#include <algorithm>

#include "provisioning/client/binding.h"

namespace msggw::client {

Bindings::Bindings(boost::asio::io_context& io, const Options& options,
                   const std::vector<protocol::ApiRoot>& roots) {
  const auto is_coap = [](const protocol::ApiRoot& root) { return protocol::is_coap(root.scheme); };
  if (std::any_of(roots.begin(), roots.end(), is_coap)) coap_ = make_coap_binding(io, options);
  if (!std::all_of(roots.begin(), roots.end(), is_coap)) http_ = make_http_binding(io, options);
}

Binding& Bindings::of(protocol::Scheme scheme) const {
  const auto& binding = protocol::is_coap(scheme) ? coap_ : http_;
  base::ensure(binding != nullptr, "there is a binding for every address");
  return *binding;
}

std::size_t Bindings::in_flight() const noexcept {
  return (http_ ? http_->in_flight() : 0) + (coap_ ? coap_->in_flight() : 0);
}

}  // namespace msggw::client

#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "adapters/http/server.h"
#include "gateway/base/metrics.h"

namespace msggw::admin {

/// One thing that the gateway needs, and how it is. A part that is `required` makes the gateway not
/// ready while it is not well: without a store nothing can be promised, while a Provisioning
/// Function that is away only delays.
struct Part {
  std::string name;
  bool well = true;
  bool required = false;
};

/// The operator's listener: `/metrics` (Prometheus text), `/healthz` (200 while the loop turns),
/// `/readyz` (200 or 503 with a line of JSON about each part). It shows and changes nothing, and
/// listens on loopback by default. Loop thread only.
class Admin {
 public:
  using Look = std::function<std::vector<Part>()>;

  /// Throws std::runtime_error if it cannot listen.
  Admin(boost::asio::io_context& io, const std::string& address, std::uint16_t port,
        base::metrics::Registry& metrics, Look look);

  std::uint16_t port() const noexcept { return server_.port(); }

 private:
  http::Response answer(const http::Request& request) const;
  http::Response ready() const;

  base::metrics::Registry& metrics_;
  Look look_;
  http::Server server_;
};

}  // namespace msggw::admin

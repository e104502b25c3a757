// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "gateway/base/result.h"
#include "provisioning/client/options.h"
#include "provisioning/client/verdict.h"
#include "provisioning/protocol/address.h"

namespace msggw::client {

/// What is asked of the Provisioning Function.
enum class Call : std::uint8_t {
  provision,  ///< one request
  bulk,       ///< many, only where has_bulk()
  look_up,    ///< GET: what a Private ID has
  release     ///< DELETE: it has nothing from now on
};

/// Carries requests to the Provisioning Function over one protocol. Loop thread only; on its end
/// what is under way is dropped, Done is not called.
class Binding {
 public:
  /// unavailable: nobody there, no connection, no whole answer in time; too_large: an answer that
  /// is longer than allowed; malformed: the other side does not speak this protocol.
  using Done = std::function<void(base::Result<Reply>)>;

  virtual ~Binding() = default;
  /// How many requests may be started now.
  virtual std::size_t room() const noexcept = 0;
  virtual std::size_t in_flight() const noexcept = 0;
  virtual bool has_bulk() const noexcept = 0;
  /// Where provisioning requests for this root go.
  virtual base::Uri url_of(const base::Uri& root) const = 0;
  /// Requires room() > 0. `body` is in Options::encoding, and empty for look_up and release. `done`
  /// is called once, in a later handler of the loop.
  virtual void start(Call call, base::Uri url, std::string body, Done done) = 0;
};

/// Each throws std::runtime_error if a certificate or key that `options` name cannot be used.
std::unique_ptr<Binding> make_http_binding(boost::asio::io_context& io, const Options& options);
std::unique_ptr<Binding> make_coap_binding(boost::asio::io_context& io, const Options& options);

/// The bindings that a list of addresses needs.
class Bindings {
 public:
  /// Throws as above.
  Bindings(boost::asio::io_context& io, const Options& options,
           const std::vector<base::Uri>& roots);

  /// Requires that a root of that scheme was in the list.
  Binding& of(base::Scheme scheme) const;
  std::size_t in_flight() const noexcept;

 private:
  std::unique_ptr<Binding> http_;
  std::unique_ptr<Binding> coap_;
};

}  // namespace msggw::client

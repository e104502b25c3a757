// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/listener.h"

#include <exception>
#include <utility>
#include <vector>

#include "tests/sim/smsc/server.h"

namespace msggw::m5s {

namespace {

constexpr Span kAgain{50};

}  // namespace

Listener::Listener(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& at,
                   Handler handler)
    : acceptor_(io), at_(at), later_(io), shared_(std::make_shared<LinkContext>()) {
  shared_->handler = std::move(handler);
  smsc::listen(acceptor_, at_, "--port");
  at_ = acceptor_.local_endpoint();
}

void Listener::accept() {
  acceptor_.async_accept(
      [this](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (error) return later(kAgain, &Listener::accept);  // out of descriptors, say
        if (connections() < kMostConnections) greet(std::move(socket), shared_);
        accept();
      });
}

void Listener::restart(Span down) {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  const std::vector<Link*> all(shared_->links.begin(), shared_->links.end());
  for (Link* const one : all) one->cut();
  later(down, &Listener::open);
}

void Listener::open() {
  try {
    smsc::listen(acceptor_, at_, "--port");
    accept();
  } catch (const std::exception&) {  // somebody has the port for a moment
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    later(kAgain, &Listener::open);
  }
}

void Listener::later(Span span, void (Listener::*what)()) {
  later_.expires_after(span);
  later_.async_wait([this, what](const boost::system::error_code& stop) {
    if (!stop) (this->*what)();
  });
}

}  // namespace msggw::m5s

// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "tests/sim/m5s/command.h"
#include "tests/sim/m5s/listener.h"

namespace msggw::m5s {

void declare_load(CLI::App& parent, Command& command) {
  CLI::App& app = *parent.add_subcommand(
      "load",
      "server and Application Server in one, for many messages: sends, takes, reports, counts");
  app.fallthrough();
  LoadOptions& o = command.load;
  app.add_option("--ledger", o.ledger,
                 "what was sent, taken and heard, a JSON line each; it goes on from there")
      ->type_name("FILE");
  app.add_option("--messages", o.plan.count, "to send, from the start on")->type_name("N");
  app.add_option("--window", o.plan.window, "of these under way")->capture_default_str();
  app.add_option("--rate", o.plan.rate, "of these a second; 0: any")->capture_default_str();
  app.add_option("--report-every", o.plan.report_every, "each so-manieth to a device wants one");
  app.add_option("--high-every", o.plan.high_every, "each so-manieth to a device is urgent");
  app.add_option("--octets", o.plan.octets, "of content")->capture_default_str();
  app.add_option("--refuse-every", o.refuse_every,
                 "each so-manieth report to a device says that its message failed");
  app.add_flag("--phones", o.phones, "the devices are phones (msgg-l3gdelivery)");
  app.footer(
      "Commands, a JSON object a line on standard input:\n"
      R"(  {"do":"send","plan":{"count":1000,"first":0,"devices":100,"window":256,"rate":0}})"
      "\n"
      R"(  {"do":"count"}   what has arrived, with its time on the way; {"do":"forget"} begins anew)");
  app.callback([&command] { command.what = Command::What::load; });
}

Exit load(const Command& command) {
  boost::asio::io_context io(1);
  Load all(io, command.options, command.load);
  const auto address = base::parse_numeric(command.address);
  if (!address) throw std::invalid_argument("--address: " + address.error().detail);
  Listener listener(io, {*address, command.port}, [&](Request request, const Reply& reply) {
    all.handle(std::move(request), reply);
  });
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  listener.start();
  std::printf("http://%s  gateways\nready\n",
              base::to_string(base::Address{base::Host(*address), listener.port()}).c_str());
  std::fflush(stdout);
  io.run();
  return Exit::ok;
}

}  // namespace msggw::m5s

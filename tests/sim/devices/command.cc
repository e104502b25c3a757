// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/devices/coap_devices.h"
#include "tests/sim/devices/mqtt_devices.h"
#include "tests/sim/devices/options.h"

namespace msggw::devices {

void run(const Options& options) {
  Talk talk(options);
  if (!options.coap.empty())
    CoapDevices(talk).run();
  else
    MqttDevices(talk).run();
}

}  // namespace msggw::devices
